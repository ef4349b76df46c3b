"""Users: what is known of them, their attributes, and their right to be forgotten."""

from typing import Annotated

from fastapi import APIRouter, Path

from web.access import Access, open_to
from web.routes.documented import errors
from web.routes.problem_examples import BODY, STORE_AWAY, UNKNOWN_USER, no_id, refused
from web.routing import StrictRoute
from web.wire.fields import ID_PATTERN
from web.wire.users import User, UserAttributes, UserErased
from web.worker import WorkerOf

router = APIRouter(route_class=StrictRoute, tags=["users"])
UserId = Annotated[str, Path(pattern=ID_PATTERN, description="The user.")]
WRONG_ATTRIBUTE = refused(UserAttributes, {"attributes": {"plan": 1}})


@router.get(
    "/users/{user_id}",
    operation_id="getUser",
    summary="What is known of a user",
    response_model=User,
    responses=errors(no_id("user_id"), UNKNOWN_USER, STORE_AWAY),
)
@open_to(Access.SERVER)
async def get_user(user_id: UserId, worker: WorkerOf) -> User:
    """History, totals and attributes."""
    return User.of(await worker.recommender.user(user_id))


@router.put(
    "/users/{user_id}",
    operation_id="putUser",
    summary="Set a user's attributes",
    response_model=UserAttributes,
    responses=errors(*BODY, WRONG_ATTRIBUTE, STORE_AWAY),
)
@open_to(Access.SERVER)
async def put_user(user_id: UserId, body: UserAttributes, worker: WorkerOf) -> UserAttributes:
    """They replace all earlier ones; an empty object removes them."""
    await worker.recommender.set_attributes(user_id, body.attributes)
    return body


@router.delete(
    "/users/{user_id}",
    operation_id="eraseUser",
    summary="Forget a user",
    response_model=UserErased,
    responses=errors(no_id("user_id"), STORE_AWAY),
)
@open_to(Access.ADMIN)
async def delete_user(user_id: UserId, worker: WorkerOf) -> UserErased:
    """With their share of every count; the receipt says what was removed. Safe to repeat."""
    return UserErased.of(await worker.recommender.erase(user_id))
