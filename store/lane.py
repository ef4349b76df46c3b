"""One partition's way into Redis: what a failover or a power cut has taken from it is written again."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from store.events import Event, Outcome, Recorded

log = logging.getLogger(__name__)

KEPT_S = 60.0
QUIET_S = 1.0
_ACKNOWLEDGED = frozenset({Outcome.NEW, Outcome.DUPLICATE})


@dataclass(frozen=True, slots=True)
class Behind:
    """Redis has taken nothing: the newest of our groups that it knows is `number`, though later ones were answered."""

    number: int


#: Sends a group with the number of the newest answered one, and its own.
Send = Callable[[Sequence[Event], int, int], Awaitable[list[Recorded] | Behind]]


@dataclass(slots=True)
class _Group:
    """Acknowledged events that were sent together."""

    number: int
    at_s: float
    events: tuple[Event, ...]


class Lane:
    """Sends groups of events one after the other, and keeps the newest acknowledged ones for a minute.

    Redis notes the number of our newest group in the same atomic step as its events. A server that knows only an older
    one has lost the groups since (a replica that was promoted before it had them, a log cut by a power failure): it
    takes nothing new before it was sent these again, in their order and with their ids, so that those it does have
    count once. What such a server never told us of, because we send nothing more, `check` finds.
    """

    def __init__(
        self, send: Send, limit: int, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        """`limit`: how many events are kept at most."""
        self._send = send
        self._limit = limit
        self._seconds = seconds
        self._one_at_a_time = asyncio.Lock()
        self._sent = self._answered = 0
        self._kept: deque[_Group] = deque()
        self._lost: deque[_Group] = deque()
        self._events_kept = 0
        self._heard_s = -QUIET_S
        self.written_again = 0
        #: Those written again that turned out to be another user's by now, by event id.
        self.strays: dict[str, tuple[Event, Recorded]] = {}

    async def record(self, events: Sequence[Event]) -> list[Recorded]:
        """The answers in order, once all that had to be written again stands before them."""
        async with self._one_at_a_time:
            await self._write_again()
            while isinstance(answers := await self._attempt(events), Behind):
                self._lose_after(answers.number)
                await self._write_again()
            self._keep(events, answers)
            return answers

    async def check(self) -> None:
        """Finds out whether Redis still has what is kept, where nothing was recorded for a moment."""
        self._drop_old()
        if (self._kept or self._lost) and self._seconds() - self._heard_s >= QUIET_S:
            await self.record([])

    def forget(self, users: Collection[str]) -> None:
        """Erased users' events are not written again."""
        for group in (*self._kept, *self._lost):
            group.events = tuple(event for event in group.events if event.user not in users)
        self._events_kept = sum(len(group.events) for group in self._kept)

    async def _attempt(self, events: Sequence[Event]) -> list[Recorded] | Behind:
        self._sent += 1
        number = self._sent
        answers = await self._send(events, self._answered, number)
        self._heard_s = self._seconds()
        if not isinstance(answers, Behind):
            self._answered = number
        return answers

    def _lose_after(self, number: int) -> None:
        self._answered = number
        self._drop_old()
        before = len(self._lost)
        while self._kept and self._kept[-1].number > number:
            group = self._kept.pop()
            self._events_kept -= len(group.events)
            self._lost.appendleft(group)
        log.warning("Redis has lost %d groups of events", len(self._lost) - before)

    async def _write_again(self) -> None:
        while self._lost:
            events = self._lost[0].events
            answers = await self._attempt(events)
            if isinstance(answers, Behind):
                self._lose_after(answers.number)  # older ones, in front of this
                continue
            self._lost.popleft()
            self._keep(events, answers)
            self.written_again += sum(answer.outcome is Outcome.NEW for answer in answers)
            for event, answer in zip(events, answers, strict=True):
                if answer.other:
                    self.strays[event.event_id] = (event, answer)

    def _keep(self, events: Sequence[Event], answers: Sequence[Recorded]) -> None:
        taken = zip(events, answers, strict=True)
        acknowledged = tuple(event for event, answer in taken if answer.outcome in _ACKNOWLEDGED)
        if acknowledged:
            self._kept.append(_Group(self._answered, self._heard_s, acknowledged))
            self._events_kept += len(acknowledged)
        self._drop_old()

    def _drop_old(self) -> None:
        oldest_s = self._seconds() - KEPT_S
        while self._kept and (self._events_kept > self._limit or self._kept[0].at_s < oldest_s):
            self._events_kept -= len(self._kept.popleft().events)
