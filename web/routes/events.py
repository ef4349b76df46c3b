"""POST /event and POST /events: the hot path in."""

from typing import Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from service.availability import deadline
from service.model import EventAnswer, Query
from web.access import Access, Declaration, open_to
from web.batch import BATCH_EVENTS, NDJSON, read_batch, record_batch
from web.error_answers import problem_answer
from web.json_input import JSON, read_json, validated
from web.json_output import json_answer
from web.problems import TooLarge, UnsupportedMedia
from web.query_string import query_values
from web.routes.documented import errors, json_body, parameters
from web.routes.problem_examples import (
    BODY,
    EVENT_ID_REUSED,
    EVENT_NOT_TAKEN,
    NOT_JSON,
    OVERLOADED,
    TOO_MANY_EVENTS,
    forbidden,
    refused,
    wrong,
)
from web.routing import LeanRoute, caller_of
from web.wire.events import BatchRecorded, Event, EventRecorded, recorded
from web.wire.fields import Input, Limit
from web.wire.recommendations import list_answer
from web.worker import worker_of

READS_A_USER = Declaration(Access.SERVER, own_user=True)
IMPORTS = Declaration(Access.ADMIN)
WRONG_ID = refused(Event, {"user_id": "7", "item_id": "tent 4p", "type": "view"})
NO_ARRAY = wrong("", "wrong_type", "The body is an array of events.")
BATCH = (
    NOT_JSON,
    # Events of other users are refused one by one; the body as a whole for want of a larger key.
    forbidden(IMPORTS),
    TooLarge("batch_too_large", f"A batch has at most {BATCH_EVENTS:,} events."),
    UnsupportedMedia("content_type", f"The content type must be {JSON} or {NDJSON}."),
)

router = APIRouter(route_class=LeanRoute, tags=["events"])


class EventOptions(Input):
    """What may stand behind the question mark of POST /event."""

    recommend: Limit | None = Field(
        None, description="Answer with this many fresh recommendations too (server key)."
    )


class BatchOptions(Input):
    """What may stand behind the question mark of POST /events."""

    as_of: Literal["event"] | None = Field(
        None, description="`event`: each event's own time is its clock, for imports (admin key)."
    )


@router.post(
    "/event",
    operation_id="recordEvent",
    summary="Record one event",
    status_code=202,
    response_description="Recorded now",
    responses={
        202: {"model": EventRecorded},
        200: {"model": EventRecorded, "description": "Recorded before: nothing counted again"},
        **errors(*BODY, WRONG_ID, EVENT_ID_REUSED, TOO_MANY_EVENTS, EVENT_NOT_TAKEN),
    },
    openapi_extra=json_body(Event) | parameters(EventOptions),
)
@open_to(Access.WRITE, own_user=True, limited=False)
async def record_event(request: Request) -> Response:
    """Counts once whatever is retried: send the same event_id again until it is answered."""
    recommend = query_values(EventOptions, request.scope["query_string"]).recommend
    caller = caller_of(request)
    if recommend is not None:
        caller.check(READS_A_USER)
    event = validated(Event, await read_json(request.scope, request.receive))
    caller.check_user(event.user_id)
    worker = worker_of(request)
    until = deadline()  # for both, the event and the list
    (answer,) = await worker.record([event.to_service()], sender=caller.sender, until=until)
    if answer.problem is not None:
        return problem_answer(request, answer.problem)
    content = recorded(answer)
    if recommend is not None:
        content["recommendations"] = list_answer(
            await worker.recommend(Query(event.user_id, recommend), until=until)
        )
    return json_answer(content, _status(answer))


@router.post(
    "/events",
    operation_id="recordEvents",
    summary="Record up to 1,000 events",
    response_description="What became of each",
    responses={200: {"model": BatchRecorded}, **errors(*BATCH, NO_ARRAY, OVERLOADED)},
    openapi_extra=json_body(Event, at_most=BATCH_EVENTS) | parameters(BatchOptions),
)
@open_to(Access.WRITE, own_user=True, limited=False)
async def record_events(request: Request) -> Response:
    """A JSON array, or NDJSON with one event a line. A bad event keeps out only itself.

    With `as_of` what is refused for good is kept too: `GET /admin/dead-letters`.
    """
    options = query_values(BatchOptions, request.scope["query_string"])
    caller = caller_of(request)
    if options.as_of is not None:
        caller.check(IMPORTS)
    batch = await read_batch(request, caller)
    worker, as_of_event = worker_of(request), options.as_of is not None
    return json_answer(await record_batch(worker, batch, caller.sender, as_of_event=as_of_event))


def _status(answer: EventAnswer) -> int:
    return 200 if answer.duplicate else 202
