"""Users: what is known of them, their attributes, and their right to be forgotten."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from web.access import Access, open_to
from web.routes.documented import errors
from web.routes.problem_examples import (
    BODY,
    MERGE_CYCLE,
    STORE_AWAY,
    UNKNOWN_USER,
    no_id,
    refused,
)
from web.routing import StrictRoute, caller_of
from web.user_export import export_document
from web.wire.exports import UserExport
from web.wire.fields import ID_PATTERN
from web.wire.users import User, UserAttributes, UserErased, UserMerge, UsersMerged
from web.worker import WorkerOf

router = APIRouter(route_class=StrictRoute, tags=["users"])
UserId = Annotated[str, Path(pattern=ID_PATTERN, description="The user.")]
WRONG_ATTRIBUTE = refused(UserAttributes, {"attributes": {"plan": 1}})
WRONG_MERGE = refused(UserMerge, {"from": "visitor 3f9c", "to": "7"})


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


@router.get(
    "/users/{user_id}/export",
    operation_id="exportUser",
    summary="Everything that is known of a user",
    response_model=UserExport,
    responses=errors(no_id("user_id"), UNKNOWN_USER, STORE_AWAY),
)
@open_to(Access.SERVER, own_user=True)
async def export_user(user_id: UserId, request: Request, worker: WorkerOf) -> Response:
    """One JSON document, written while it is read. A token of an id that was merged into another user will not do."""
    caller_of(request).check_user(user_id)
    users = worker.service.users
    export = await users.export(user_id)
    caller_of(request).check_user(export.user_id)
    return StreamingResponse(export_document(users, export), media_type="application/json")


@router.post(
    "/users/merge",
    operation_id="mergeUsers",
    summary="Make an anonymous user another id of a known one",
    response_model=UsersMerged,
    responses=errors(*BODY, WRONG_MERGE, MERGE_CYCLE, STORE_AWAY),
)
@open_to(Access.SERVER)
async def merge_users(body: UserMerge, worker: WorkerOf) -> UsersMerged:
    """As when a visitor logs in. History moves; what was counted stays; lists for either are the known user's, and
    events under either are theirs, for two times `TANDEM_EVENT_TTL_S` from the last time they were merged.

    Safe to repeat, also when it has failed half-way.
    """
    behind = await worker.service.users.merge(body.source, body.target)
    return UsersMerged.model_validate({"from": body.source, "to": behind})


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
    """With their share of every count, and with all ids that were merged into theirs; given one of these, the same.

    The receipt says what was removed. Safe to repeat. An event sent afterwards begins a new user.
    """
    return UserErased.of(await worker.recommender.erase(user_id))
