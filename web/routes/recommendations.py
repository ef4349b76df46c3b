"""Lists: for a user, like an item, popular now."""

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from service.forms import LABEL_LENGTH_MAX
from service.model import unexplained
from web.access import Access, open_to
from web.json_input import read_json, validated
from web.json_output import json_answer
from web.query_string import query_values
from web.routes.documented import errors, json_body, parameters
from web.routes.problem_examples import (
    BODY,
    NAMED_TWICE,
    UNKNOWN_STRATEGY,
    WORKER_FULL,
    no_id,
    refused,
    wrong,
)
from web.routing import LeanRoute, StrictRoute, caller_of
from web.wire.fields import ID_PATTERN, LIMIT_MAX
from web.wire.recommendations import (
    ItemList,
    RecommendationList,
    RecommendationQuery,
    list_answer,
    shelf_answer,
)
from web.worker import WorkerOf, worker_of

lean = APIRouter(route_class=LeanRoute, tags=["recommendations"])
router = APIRouter(route_class=StrictRoute, tags=["recommendations"])

ItemId = Annotated[str, Path(pattern=ID_PATTERN, description="The item.")]
ListLength = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="Length of the list.")]
Category = Annotated[
    str | None,
    Query(min_length=1, max_length=LABEL_LENGTH_MAX, description="Only items of this category."),
]
Explain = Annotated[bool, Query(description="With each feature's contribution to the score.")]

FAILURES = (UNKNOWN_STRATEGY, WORKER_FULL)
WRONG_LIMIT = refused(RecommendationQuery, {"user_id": "7", "limit": 101})
WRONG_PRICES = refused(RecommendationQuery, {"user_id": "7", "price_min": 30, "price_max": 20})
WRONG_KIND = wrong("kind", "invalid_value", "'view' or 'purchase' is wanted.")


@lean.get(
    "/realtime-recommend",
    operation_id="getRecommendations",
    summary="Recommend to a user",
    responses={200: {"model": RecommendationList}, **errors(NAMED_TWICE, *FAILURES, WRONG_LIMIT)},
    openapi_extra=parameters(RecommendationQuery),
)
@open_to(Access.SERVER, own_user=True)
async def get_recommendations(request: Request) -> Response:
    """From the user's acts up to this moment, whichever worker recorded them."""
    query = query_values(RecommendationQuery, request.scope["query_string"])
    return await _recommend(request, query)


@lean.post(
    "/realtime-recommend",
    operation_id="postRecommendations",
    summary="Recommend to a user, with the question in the body",
    responses={200: {"model": RecommendationList}, **errors(*BODY, *FAILURES, WRONG_PRICES)},
    openapi_extra=json_body(RecommendationQuery),
)
@open_to(Access.SERVER, own_user=True)
async def post_recommendations(request: Request) -> Response:
    """As GET, for long lists of exclusions and for an anonymous session's items."""
    query = validated(RecommendationQuery, await read_json(request.scope, request.receive))
    return await _recommend(request, query)


@router.get(
    "/similar/{item_id}",
    operation_id="getSimilarItems",
    summary="Items like this one",
    response_model=ItemList,
    responses=errors(no_id("item_id"), WORKER_FULL),
)
@open_to(Access.SERVER)
async def get_similar(item_id: ItemId, worker: WorkerOf, limit: ListLength = 10) -> Response:
    """By what people view and buy together, and by content; of an unknown item, none."""
    return json_answer(shelf_answer(await worker.recommender.similar_shelf(item_id, limit)))


@router.get(
    "/trending",
    operation_id="getTrendingItems",
    summary="What is popular now",
    response_model=ItemList,
    responses=errors(WRONG_KIND, WORKER_FULL),
)
@open_to(Access.SERVER)
async def get_trending(
    worker: WorkerOf,
    limit: ListLength = 10,
    category: Category = None,
    kind: Annotated[Literal["view", "purchase"], Query(description="Popular by what.")] = "view",
    explain: Explain = False,
) -> Response:
    """By the sessions of the last hours, the newest weighing most."""
    shelf = await worker.recommender.trending_shelf(limit, category, kind)
    if not explain:
        shelf = replace(shelf, items=unexplained(shelf.items))
    return json_answer(shelf_answer(shelf))


async def _recommend(request: Request, query: RecommendationQuery) -> Response:
    caller_of(request).check_user(query.user_id)
    made = await worker_of(request).recommend(query.to_service())
    return json_answer(list_answer(made))
