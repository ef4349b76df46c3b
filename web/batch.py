"""Many events in one body: each is judged by itself, and answered in its place."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request

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


@dataclass(frozen=True, slots=True)
class BadEvent:
    """An event of the batch that cannot be recorded, and its id where that can be made out."""

    event_id: str
    problem: ServiceError


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
    """Records the good events; BatchRecorded as plain data."""
    good = [each for each in batch if isinstance(each, NewEvent)]
    answers = iter(await worker.record(good, as_of_event=as_of_event, sender=sender))
    results = [next(answers) if isinstance(e, NewEvent) else _refused(worker, e) for e in batch]
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
        return BadEvent("", error)
    return _event(value, caller)


def _event(value: object, caller: Caller) -> NewEvent | BadEvent:
    try:
        event = validated(Event, value)
        caller.check_user(event.user_id)
    except ServiceError as error:
        return BadEvent(_event_id(value), error)
    return event.to_service()


def _event_id(value: object) -> str:
    sent = value.get("event_id") if isinstance(value, dict) else None
    return sent if isinstance(sent, str) and _ID.fullmatch(sent) else ""


def _refused(worker: Worker, event: BadEvent) -> EventAnswer:
    worker.count_refused(event.problem)
    return EventAnswer(event.event_id, problem=event.problem)


def _result(answer: EventAnswer) -> dict[str, object]:
    if answer.problem is None:
        return recorded(answer)
    return {"event_id": answer.event_id or None, "problem": problem(answer.problem)}
