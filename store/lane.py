"""One partition's way into Redis: what a failover or a power cut has taken from it is written again."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from redis.exceptions import ResponseError

from store.errors import unavailable
from store.events import Event, Outcome, Recorded

log = logging.getLogger(__name__)

KEPT_S = 60.0
QUIET_S = 1.0
JOINED = 8  # what one call may hold whatever they are: a purchase costs as much as seven views


@dataclass(frozen=True, slots=True)
class Behind:
    """Redis has taken nothing: the newest of our groups that it knows is `number`, and it should know a later one."""

    number: int


#: Sends a group with the number that Redis must know before it takes it, and its own.
Send = Callable[[Sequence[Event], int, int], Awaitable[list[Recorded] | Behind]]


@dataclass(slots=True)
class _Group:
    """Acknowledged events that were sent together. `alone`: not to be sent with others again."""

    number: int
    events: tuple[Event, ...]
    at_s: float = 0.0
    alone: bool = False


class Lane:
    """Sends groups of events one behind the other, and keeps the newest acknowledged ones for a minute.

    Redis notes the number of our newest group in the same atomic step as its events. A server that knows only an older
    one has lost the groups since (a replica that was promoted before it had them, a log cut by a power failure): it
    takes nothing new before it was sent these again, in their order and with their ids, so that those it does have
    count once. What such a server never told us of, because we send nothing more, `check` finds.

    A group may be sent before the one ahead of it was answered, and is then taken only by a server that has taken that
    one: so whoever knows a number has taken all that was acknowledged before it.
    """

    def __init__(
        self,
        send: Send,
        limit: int,
        seconds: Callable[[], float] = time.monotonic,
        at_once: int = 1,
        reconnect: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        """`limit`: how many events are kept at most. `at_once`: how many groups may wait for their answer. `reconnect`
        is called where the server is behind: it may be a primary no more, or not yet know that it is none.
        """
        self._send = send
        self._limit = limit
        self._seconds = seconds
        self._at_once = at_once
        self._reconnect = reconnect
        self._places = asyncio.Semaphore(at_once)
        self._one_alone = asyncio.Lock()
        self._under_way: dict[int, asyncio.Event] = {}
        self._sent = self._answered = 0
        self._kept: deque[_Group] = deque()
        self._lost: deque[_Group] = deque()
        self._events_kept = 0
        self._answered_s = -QUIET_S
        self.written_again = 0
        #: Those written again that turned out to be another user's by now.
        self.strays: list[tuple[Event, Recorded]] = []

    async def record(self, events: Sequence[Event]) -> list[Recorded]:
        """The answers in order, once all that had to be written again stands before them."""
        async with self._places:
            answers = None if self._lost else await self._attempt(events)
        if answers is None or isinstance(answers, Behind):
            # It may be only that the group ahead was not taken: alone, the answer says what is lost.
            async with self._alone():
                answers = await self._record_alone(events)
        return answers

    async def _record_alone(self, events: Sequence[Event]) -> list[Recorded]:
        await self._write_again()
        while isinstance(answers := await self._attempt(events), Behind):
            await self._lose_after(answers.number)
            await self._write_again()
        return answers

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """While entered, nothing else is under way."""
        async with self._one_alone, AsyncExitStack() as places:
            for _ in range(self._at_once):
                await places.enter_async_context(self._places)
            yield

    async def check(self) -> None:
        """Finds out whether Redis still has what is kept, where nothing was recorded for a moment."""
        if (self._kept or self._lost) and self._seconds() - self._answered_s >= QUIET_S:
            await self.record([])

    def forget(self, users: Collection[str]) -> None:
        """Erased users' events are not written again."""
        for group in (*self._kept, *self._lost):
            group.events = tuple(event for event in group.events if event.user not in users)
        self._events_kept = sum(len(group.events) for group in self._kept)
        self.strays = [stray for stray in self.strays if stray[0].user not in users]

    async def _attempt(self, events: Sequence[Event]) -> list[Recorded] | Behind:
        """Sends a new group, and keeps what is acknowledged of it."""
        answers = await self._send_group(events)
        if not isinstance(answers, Behind):
            self._keep(events, answers)
        return answers

    async def _send_group(self, events: Sequence[Event]) -> list[Recorded] | Behind:
        self._sent += 1
        number, ahead = self._sent, next(reversed(self._under_way.items()), None)
        ended = self._under_way[number] = asyncio.Event()
        try:
            answers = await self._send(events, ahead[0] if ahead else self._acknowledged(), number)
            if ahead:
                # It may have gone another way; what is kept stands in the order of its numbers.
                await ahead[1].wait()
        finally:
            del self._under_way[number]
            ended.set()
        if not isinstance(answers, Behind):
            self._answered, self._answered_s = number, self._seconds()
            self._drop_old()
        return answers

    def _acknowledged(self) -> int:
        """The number that Redis must know, where no group is ahead of the next."""
        # Redis forgets the number of a process that sends nothing for a day; then there is nothing to be behind of.
        return self._answered if self._kept or self._lost else 0

    async def _lose_after(self, number: int) -> None:
        self._answered = number
        while self._kept and self._kept[-1].number > number:
            group = self._kept.pop()
            self._events_kept -= len(group.events)
            self._lost.appendleft(group)
        lost = sum(len(group.events) for group in self._lost)
        log.warning("Redis may have lost %d events: they are sent again", lost)
        if self._reconnect is not None:
            await self._reconnect()

    async def _write_again(self) -> None:
        while self._lost:
            group = self._join()
            self._renew(group)
            events = group.events
            try:
                answers = await self._send_group(events)
            except ResponseError as error:
                if unavailable(error) is not None:
                    raise
                self._take_apart(group)
                continue
            if isinstance(answers, Behind):
                await self._lose_after(answers.number)  # older ones, in front of this
                continue
            self._lost.popleft()
            # Whoever was erased meanwhile is in the group no more.
            rows = zip(events, answers, strict=True)
            self._note_again([row for row in rows if row[0] in group.events])

    def _renew(self, group: _Group) -> None:
        """Says that its events are written again, for no limit may keep them out, and sets their clocks to now: the
        revision of a user who is lost as a whole must not begin behind one that was answered, whichever of their events
        comes first.
        """
        now_s = self._seconds()
        later_ms, group.at_s = round(1_000 * (now_s - group.at_s)), now_s
        group.events = tuple(
            replace(event, clock_ms=max(event.clock_ms, event.now_ms) + later_ms, again=True)
            for event in group.events
        )

    def _join(self) -> _Group:
        """The first of what is lost, with as many of the next as go into one call."""
        first = self._lost[0]
        while len(self._lost) > 1 and self._fit(first, self._lost[1]):
            first.events += self._lost[1].events
            del self._lost[1]
        return first

    @staticmethod
    def _fit(first: _Group, second: _Group) -> bool:
        together = len(first.events) + len(second.events) <= JOINED
        return together and not (first.alone or second.alone)

    def _take_apart(self, group: _Group) -> None:
        """One event that Redis refuses with an error does not hold up the others, nor what comes after them."""
        self._lost.popleft()
        if len(group.events) > 1:
            apart = [
                _Group(group.number, (event,), group.at_s, alone=True) for event in group.events
            ]
            self._lost.extendleft(reversed(apart))
        elif group.events:
            log.exception("an event that Redis had lost cannot be written again")

    def _note_again(self, rows: Sequence[tuple[Event, Recorded]]) -> None:
        self._keep([event for event, _ in rows], [answer for _, answer in rows])
        self.written_again += sum(answer.outcome is Outcome.NEW for _, answer in rows)
        self.strays += [row for row in rows if row[1].other]
        for event, answer in rows:
            if not answer.is_acknowledged and not answer.other:
                log.error("event %s, lost by Redis, is refused: %s", event.event_id, answer.outcome)

    def _keep(self, events: Sequence[Event], answers: Sequence[Recorded]) -> None:
        taken = zip(events, answers, strict=True)
        acknowledged = tuple(event for event, answer in taken if answer.is_acknowledged)
        if acknowledged:
            self._kept.append(_Group(self._answered, acknowledged, self._answered_s))
            self._events_kept += len(acknowledged)
        while self._events_kept > self._limit:
            self._drop_oldest()

    def _drop_old(self) -> None:
        """While Redis does not answer nothing grows old: it may turn out to have lost it."""
        oldest_s = self._answered_s - KEPT_S
        while self._kept and self._kept[0].at_s < oldest_s:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        self._events_kept -= len(self._kept.popleft().events)
