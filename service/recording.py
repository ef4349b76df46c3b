"""Recording events: checks, ids, and group commit in front of the record script."""

import asyncio
import logging
import random
from base64 import b64encode
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count
from operator import attrgetter

import orjson

from service.availability import RETRY_AFTER_S, away, time_limit
from service.batching import Batches, together_or_alone
from service.ending import meanwhile
from service.errors import (
    Busy,
    Conflict,
    InvalidInput,
    LimitExceeded,
    Refused,
    ServiceError,
    Unavailable,
)
from service.event_checks import EventChecks
from service.model import EventAnswer, NewEvent
from service.senders import Sender
from store.connection import Calls
from store.errors import StoreUnavailable
from store.events import Event, Outcome, Recorded
from store.keys import MINUTE_MS
from store.recording import EventStore

log = logging.getLogger(__name__)

EVENTS_PER_CALL = 64
PAIRS_PER_CALL = 500
PURCHASE_PAIRS = 60  # what a purchase may count at most: 50 in its basket, 10 conversions
LEAST_COST = -(-PAIRS_PER_CALL // EVENTS_PER_CALL)  # so that neither bound is passed
ARRIVALS = 16**3
WAITING_LIMIT = 20_000
CHECK_PERIOD_S = 1.0
PROGRESS_S = 1.0  # how long a batch of many calls waits for the next of them


@dataclass(slots=True)  # not frozen: made for each request
class _Sending:
    """What the events of one call have in common: when, by whom, and which of their items the catalogue holds."""

    now_ms: int
    as_of_event: bool
    sender: str
    catalogued: frozenset[str]


class EventRecorder:
    """Turns events into answers. Lives as long as the worker.

    While one script call of a partition is in flight, newcomers wait and go together with the next. Where they fill
    a call it is sent at once, so that Redis has work while this worker gives answers. An answer is given only after
    Redis has answered for that event; a caller that goes away cancels nothing.
    """

    def __init__(
        self,
        store: EventStore,
        calls: Calls,
        clock: Callable[[], int],
        checks: EventChecks,
    ) -> None:
        self._store = store
        self._calls = calls
        self._clock = clock
        self._checks = checks
        self._arrivals = count()
        self._rng = random.Random()  # no system call an event: ids need to differ, not to be secret
        user = attrgetter("user")  # whose events keep their order, also where a call is repeated
        self._groups: list[Batches[Event, Recorded]] = [
            Batches(self._write, self._cost, PAIRS_PER_CALL, store.calls_at_once, user)
            for _ in range(store.partitions)
        ]

    async def record(
        self,
        events: Sequence[NewEvent],
        *,
        as_of_event: bool = False,
        sender: Sender | None = None,
        until: float | None = None,
    ) -> list[EventAnswer]:
        """An answer for each event, in order. With `as_of_event` each event's own time is its clock (imports).

        A `sender` is limited; without one everything is taken. Raises Unavailable when too many events wait already,
        or when the catalogue is asked and does not answer. What Redis could not answer in time says so in the event's
        own answer: it may have been recorded, and repeating it with its id is safe. So does what has no answer by
        `until`, a time of the running loop.
        """
        if sum(map(len, self._groups)) > WAITING_LIMIT:
            raise Unavailable("overloaded", "Too many events wait.", retry_after_s=RETRY_AFTER_S)
        catalogued = await self._checks.catalogued(events, sender is not None, until)
        sending = _Sending(self._clock(), as_of_event, str(sender or ""), catalogued)
        prepared = [self._prepare(event, sending) for event in events]
        waiting = [self._submit(one) if isinstance(one, Event) else one for one in prepared]
        await _settled([one[1] for one in waiting if isinstance(one, tuple)], until)
        return [_answer(e, w, sending.now_ms) for e, w in zip(events, waiting, strict=True)]

    def kept_checked(self) -> AbstractAsyncContextManager[None]:
        """While entered, what was acknowledged lately and Redis has lost is written again, with no new event too."""
        return meanwhile(self._check_always)

    async def _check_always(self) -> None:
        while True:
            await asyncio.sleep(CHECK_PERIOD_S)
            with suppress(StoreUnavailable):
                await self._calls.run(self._store.check_kept)

    def _prepare(self, event: NewEvent, sending: _Sending) -> Event | ServiceError:
        now_ms, as_of_event = sending.now_ms, sending.as_of_event
        problem = self._checks.problem(event, now_ms, sending.catalogued, as_of_event=as_of_event)
        if problem is not None:
            return problem
        try:
            mark = fingerprint(event)
        except orjson.JSONEncodeError:
            text = "Texts are Unicode, whole numbers have 64 bits at most."
            return InvalidInput("invalid_value", text, field="properties")
        at_ms = now_ms if event.timestamp_ms is None else event.timestamp_ms
        return Event(
            user=event.user_id,
            item=event.item_id,
            type=event.type,
            event_id=event.event_id or self._new_id(),
            fingerprint=mark,
            at_ms=at_ms,
            now_ms=at_ms if as_of_event else now_ms,
            session_id=event.session_id or "",
            order_id=event.order_id or "",
            clock_ms=now_ms,
            sender=sending.sender,
            catalogued=event.item_id in sending.catalogued,
        )

    def _new_id(self) -> str:
        """An id that begins with its place in the order of arrival: histories order one millisecond's acts by id."""
        return f"{next(self._arrivals) % ARRIVALS:03x}{self._rng.getrandbits(40):010x}"

    def _submit(self, event: Event) -> tuple[str, asyncio.Future[Recorded]]:
        group = self._groups[self._store.partition(event.user)]
        return event.event_id, group.submit(event)

    def _cost(self, event: Event) -> int:
        return PURCHASE_PAIRS if event.type == "purchase" else LEAST_COST

    async def _write(self, events: list[Event]) -> Sequence[Recorded | Exception]:
        return await together_or_alone(self._record, events)

    async def _record(self, events: Sequence[Event]) -> list[Recorded]:
        return await self._calls.run(lambda: self._store.record(events))


async def _settled(futures: Sequence[asyncio.Future[Recorded]], until: float | None) -> None:
    """Returns when all are done, or at that time; of more than one call, as long as one follows the other.

    Cancelled with its caller; the events stay in their batches.
    """
    many, now = len(futures) > EVENTS_PER_CALL, asyncio.get_running_loop().time
    try:
        with time_limit(until) as limit:
            for future in futures:
                if future.done():
                    continue
                with suppress(Exception):  # it is each event's own
                    await future
                if many and until is not None:
                    limit.reschedule(max(until, now() + PROGRESS_S))
    except TimeoutError:
        return


def _answer(
    event: NewEvent, waiting: tuple[str, asyncio.Future[Recorded]] | ServiceError, now_ms: int
) -> EventAnswer:
    if isinstance(waiting, ServiceError):
        return EventAnswer(event.event_id or "", problem=waiting)
    event_id, future = waiting
    if not future.done() or future.cancelled():
        return EventAnswer(event_id, problem=_unanswered("storage_timeout"))
    try:
        recorded = future.result()
    except StoreUnavailable as error:
        return EventAnswer(event_id, problem=_unanswered(error.reason))
    except Exception:  # whatever it is, it is this event's own answer: the others have theirs
        log.exception("an event could not be recorded")
        return EventAnswer(event_id, problem=Refused("refused", "The store refuses this event."))
    if recorded.outcome is Outcome.NEW:  # mostly
        return EventAnswer(event_id, revision=recorded.revision)
    duplicate = recorded.outcome is Outcome.DUPLICATE
    problem = _problem_of(recorded.outcome, now_ms)
    return EventAnswer(event_id, duplicate, recorded.revision, problem)


def _unanswered(reason: str) -> Unavailable:
    return away(
        reason, "The store cannot take the event now; it is safe to send it again with its id."
    )


def _problem_of(outcome: Outcome, now_ms: int) -> ServiceError | None:
    next_minute_s = -(-(MINUTE_MS - now_ms % MINUTE_MS) // 1000)
    match outcome:
        case Outcome.CONFLICT:
            text = "This event id was used for other content."
            return Conflict("event_id_reused", text, field="event_id")
        case Outcome.LIMITED:
            text = "The user has reached the day's number of events."
            return LimitExceeded("too_many_events", text, retry_after_s=3_600)
        case Outcome.RATE_LIMITED:
            text = "More events came in this minute than this user, address or key may send."
            return LimitExceeded("rate_limited", text, retry_after_s=next_minute_s)
        case Outcome.TOO_MANY_NEW:
            text = "More new users or items were named in this minute than this sender may name."
            return LimitExceeded("too_many_new_ids", text, retry_after_s=next_minute_s)
        case Outcome.REFUSED:
            return Refused("refused", "A key of this event holds something else in the store.")
        case Outcome.ERASING:
            return Busy("user_erasing", "The user is being erased.", retry_after_s=60)
        case _:
            return None


def fingerprint(event: NewEvent) -> str:
    """8 characters that say what the client sent, but for the id; times that we filled in do not count."""
    content = (
        event.type,
        event.item_id,
        event.timestamp_ms,
        event.session_id,
        event.order_id,
        event.value,
        event.quantity,
        event.currency,
        event.recommendation_id,
        dict(event.properties) if event.properties else None,
    )
    digest = blake2b(orjson.dumps(content, option=orjson.OPT_SORT_KEYS), digest_size=6).digest()
    return b64encode(digest).decode()
