"""Many events in one body: each is judged by itself, and answered in its place."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request

from service.dead_letters import Rejection
from service.errors import ServiceError
from service.model import EventAnswer, NewEvent
from service.senders import Sender
from web.access import Caller
from web.json_input import JSON, check_media_type, decode, parse_text, read_body, validated
from web.problems import FieldError, InvalidFields, TooLarge, problem
from web.wire.events import Event, recorded
from web.wire.fields import ID_PATTERN
from web.worker import Worker

BATCH_BYTES = 1024 * 1024
BATCH_EVENTS = 1_000
NDJSON = "application/x-ndjson"
_ID = re.compile(ID_PATTERN)
# As BadEvent has them.
_KEPT = ("user_id", "item_id", "type", "event_id")


@dataclass(frozen=True, slots=True)
class BadEvent:
    """An event of the batch that cannot be recorded, with what of its ids and type can be made out ("": nothing)."""

    problem: ServiceError
    user_id: str = ""
    item_id: str = ""
    type: str = ""
    event_id: str = ""


async def read_batch(request: Request, caller: Caller) -> list[NewEvent | BadEvent]:
    """The events of a JSON array or of NDJSON lines.

    Raises where the body as a whole is bad: too large, not UTF-8, an array that is not JSON.
    """
    kind = check_media_type(request.scope, JSON, NDJSON)
    text = decode(await read_body(request.scope, request.receive, BATCH_BYTES))
    if kind == NDJSON:
        lines = [line for line in text.split("\n") if line.strip()]
        _check_length(lines)
        return [_event_of_line(line, caller) for line in lines]
    values = parse_text(text)
    if not isinstance(values, list):
        raise InvalidFields([FieldError("", "wrong_type", "The body is an array of events.")])
    _check_length(values)
    return [_event(value, caller) for value in values]


async def record_batch(
    worker: Worker,
    batch: Sequence[NewEvent | BadEvent],
    sender: Sender | None,
    *,
    as_of_event: bool,
) -> dict[str, object]:
    """Records the good events; BatchRecorded as plain data. What of an import is refused for good is kept apart."""
    good = [each for each in batch if isinstance(each, NewEvent)]
    answers = iter(await worker.record(good, as_of_event=as_of_event, sender=sender))
    results = [next(answers) if isinstance(e, NewEvent) else _refused(worker, e) for e in batch]
    if as_of_event:
        await worker.note_dead([*_dead(batch, results)])
    rejected = sum(result.problem is not None for result in results)
    duplicates = sum(result.duplicate and result.problem is None for result in results)
    return {
        "accepted": len(results) - rejected - duplicates,
        "duplicates": duplicates,
        "rejected": rejected,
        "results": [_result(result) for result in results],
    }


def _check_length(values: Sequence[object]) -> None:
    if len(values) > BATCH_EVENTS:
        raise TooLarge("batch_too_large", f"A batch has at most {BATCH_EVENTS:,} events.")


def _event_of_line(line: str, caller: Caller) -> NewEvent | BadEvent:
    try:
        value = parse_text(line)
    except ServiceError as error:
        return BadEvent(error)
    return _event(value, caller)


def _event(value: object, caller: Caller) -> NewEvent | BadEvent:
    try:
        event = validated(Event, value)
        caller.check_user(event.user_id)
    except ServiceError as error:
        return BadEvent(error, *(_plain(value, name) for name in _KEPT))
    return event.to_service()


def _plain(value: object, name: str) -> str:
    """A field of what was sent, if it is an id or looks like one."""
    sent = value.get(name) if isinstance(value, dict) else None
    return sent if isinstance(sent, str) and _ID.fullmatch(sent) else ""


def _refused(worker: Worker, event: BadEvent) -> EventAnswer:
    worker.count_refused(event.problem)
    return EventAnswer(event.event_id, problem=event.problem)


def _dead(
    batch: Sequence[NewEvent | BadEvent], results: Sequence[EventAnswer]
) -> Iterator[Rejection]:
    """What no repetition would bring in."""
    for place, (event, result) in enumerate(zip(batch, results, strict=True), 1):
        if result.problem is not None and result.problem.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            yield Rejection(
                row=place,
                reason=result.problem.code,
                field=result.problem.field or "",
                user_id=event.user_id,
                item_id=event.item_id,
                type=event.type,
                event_id=result.event_id,
            )


def _result(answer: EventAnswer) -> dict[str, object]:
    if answer.problem is None:
        return recorded(answer)
    return {"event_id": answer.event_id or None, "problem": problem(answer.problem)}
