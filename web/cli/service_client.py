"""Talks to a running service over HTTP, as any client of it does; patient while it is busy."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import quote

import httpx2
import orjson

from service.importing.plan import SourceEvent
from service.importing.rows import BadRow
from service.model import Item, NewEvent

TIMEOUT_S = 30.0
PATIENCE_S = 60.0
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0
_JSON = {"Content-Type": "application/json"}
KEY_HINT = " Give one of its admin keys: --key or TANDEM_ADMIN_KEY."
_NOT_LET_IN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_TRY_AGAIN = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class ServiceFailed(Exception):
    """The service is not there, or will not: the message says why."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the service did not take an event; a `passing` reason may be gone soon."""

    line: int
    code: str
    detail: str
    passing: bool


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """What became of a batch."""

    added: int
    known: int
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class ProgressSeen:
    """What the service remembers of an import."""

    shift_ms: int
    rows_done: int


@dataclass(frozen=True, slots=True)
class JobSeen:
    """A rebuild and how far it is."""

    job_id: str
    state: str
    phase: str
    done: int
    total: int
    owner: str
    error: str | None
    note: str | None


class ServiceClient:
    """One connection to one service. Every call may be repeated: events and items carry their ids."""

    def __init__(
        self, url: str, key: str | None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx2.Client(base_url=url.rstrip("/"), headers=headers, timeout=TIMEOUT_S)
        self._sleep = sleep
        self._reached = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def progress(self, digest: str) -> ProgressSeen | None:
        """How far the import is; None when the service knows none."""
        answer = self._call("GET", f"/admin/imports/{digest}", may_lack=True)
        return None if answer is None else _progress(answer)

    def note(self, digest: str, shift_ms: int, rows_done: int) -> ProgressSeen:
        """Notes how far it is; the answer holds the shift that holds."""
        content = {"shift_ms": shift_ms, "rows_done": rows_done}
        return _progress(self._call("PUT", f"/admin/imports/{digest}", content))

    def reject(self, digest: str, rows: Sequence[BadRow]) -> None:
        """Notes rows of a file that are no events."""
        content = {"digest": digest, "rows": [_row_content(row) for row in rows]}
        self._call("POST", "/admin/dead-letters", content)

    def start_rebuild(self, scope: str) -> JobSeen:
        """Starts a rebuild; the running one when there is one."""
        return _job(self._call("POST", f"/admin/update-all-recommendations?scope={scope}"))

    def job(self, job_id: str) -> JobSeen:
        """How far the rebuild is."""
        return _job(self._call("GET", f"/admin/jobs/{job_id}"))

    def export(self, user_id: str) -> Any:
        """All that is known of a user; None when nothing is."""
        try:
            return self._call("GET", f"/users/{quote(user_id, safe='')}/export", may_lack=True)
        except orjson.JSONDecodeError as error:
            raise ServiceFailed("The export has ended half-way; try again.") from error

    def put_items(self, items: Sequence[Item]) -> None:
        self._call("PUT", "/items", [item_content(item) for item in items])

    def record(self, batch: Sequence[SourceEvent]) -> BatchAnswer:
        """Sends events until each has a final answer. Raises ServiceFailed when that takes too long."""
        content = [event_content(source.event) for source in batch]
        pauses, added = _Pauses(self._sleep), 0
        while True:
            answer = self._call("POST", "/events?as_of=event", content)
            added += answer["accepted"]
            refusals = _refusals(batch, answer["results"])
            waiting = [refusal for refusal in refusals if refusal.passing]
            if not waiting:
                break
            pauses.wait(waiting[0].detail)
        # What an earlier round took comes back as known.
        known = answer["duplicates"] - (added - answer["accepted"])
        return BatchAnswer(added, known, refusals)

    def _call(
        self, method: str, path: str, content: object = None, *, may_lack: bool = False
    ) -> Any:
        """The answer's JSON (None for 404 where that may be)."""
        answer = self._answer(method, path, None if content is None else orjson.dumps(content))
        if may_lack and answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        if answer.is_error:
            hint = KEY_HINT if answer.status_code in _NOT_LET_IN else ""
            raise ServiceFailed(
                f"The service answers {answer.status_code}: {_detail(answer)}{hint}"
            )
        return orjson.loads(answer.content)

    def _answer(self, method: str, path: str, body: bytes | None) -> httpx2.Response:
        """The first answer that is not "try again"."""
        pauses = _Pauses(self._sleep)
        while True:
            try:
                answer = self._http.request(method, path, content=body, headers=_JSON)
            except httpx2.TransportError as error:
                pauses.wait(self._silence(error))
                continue
            self._reached = True
            if answer.status_code not in _TRY_AGAIN:
                return answer
            pauses.wait(_detail(answer))

    def _silence(self, error: httpx2.TransportError) -> str:
        """What to say when nobody answers; raises it where nobody ever has."""
        where = self._http.base_url
        if not self._reached:
            hint = "Start it: tandem serve. Where it is elsewhere, say --url or TANDEM_URL."
            raise ServiceFailed(f"Nothing answers at {where} ({error}). {hint}")
        return f"{where} does not answer any more ({error})"


class _Pauses:
    """Growing pauses with jitter, until patience ends."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._sleep = sleep
        self._pause_s = _FIRST_PAUSE_S
        self._waited_s = 0.0

    def wait(self, reason: str) -> None:
        """Raises ServiceFailed with the reason when it has waited long enough."""
        if self._waited_s >= PATIENCE_S:
            raise ServiceFailed(reason)
        pause_s = self._pause_s * random.uniform(0.5, 1.0)
        self._sleep(pause_s)
        self._waited_s += pause_s
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)


def event_content(event: NewEvent) -> dict[str, object]:
    """The event as the HTTP interface takes it."""
    content: dict[str, object] = {
        "user_id": event.user_id,
        "item_id": event.item_id,
        "type": event.type,
        "event_id": event.event_id,
        "timestamp": event.timestamp_ms,
        "session_id": event.session_id,
        "order_id": event.order_id,
        "value": event.value,
        "quantity": event.quantity,
        "currency": event.currency,
        "properties": event.properties,
    }
    return {name: value for name, value in content.items() if value is not None}


def item_content(item: Item) -> dict[str, object]:
    """What is known of the item, as the HTTP interface takes it."""
    content: dict[str, object] = {
        "item_id": item.item_id,
        "title": item.title,
        "category": list(item.category),
        "brand": item.brand,
        "price": item.price,
        "currency": item.currency,
        "tags": list(item.tags),
        "image": item.image,
    }
    return {name: value for name, value in content.items() if value not in (None, [])}


def _row_content(row: BadRow) -> dict[str, object]:
    content = {"row": row.line, "reason": row.code, "field": row.field or None}
    return {name: value for name, value in content.items() if value is not None}


def _progress(answer: Mapping[str, int]) -> ProgressSeen:
    return ProgressSeen(answer["shift_ms"], answer["rows_done"])


def _job(answer: Mapping[str, Any]) -> JobSeen:
    return JobSeen(**{field.name: answer[field.name] for field in fields(JobSeen)})


def _refusals(
    batch: Sequence[SourceEvent], results: Sequence[Mapping[str, Any]]
) -> tuple[Refusal, ...]:
    problems = (
        (source.line, result["problem"])
        for source, result in zip(batch, results, strict=True)
        if "problem" in result
    )
    return tuple(
        Refusal(line, p["code"], p["detail"], p["status"] == HTTPStatus.SERVICE_UNAVAILABLE)
        for line, p in problems
    )


def _detail(answer: httpx2.Response) -> str:
    try:
        problem = orjson.loads(answer.content)
        return str(problem["detail"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return answer.reason_phrase or "no reason given"
