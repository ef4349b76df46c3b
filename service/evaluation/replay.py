"""A service of one's own into which a log is replayed, by the log's clock, through the same code as live events."""

import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from service.bootstrap import Tandem, open_recommender
from service.evaluation.asking import somebody
from service.evaluation.options import Options
from service.evaluation.patience import patiently
from service.evaluation.questions import Question
from service.evaluation.readers import Log
from service.evaluation.timeline import ReplayClock, Timeline, timeline_of
from service.model import Item, NewEvent
from service.settings import Settings
from service.strategies import Strategy
from store.cleaning import drop_prefix
from store.connection import open_clients

CHUNK = 1_024
ITEMS_CHUNK = 500
STUDY_MS = 50  # for each question that is learned from: weights are read again after 20
#: What a replay sets: no event is one too many, and whatever is to be learned from is learned from.
UNBOUNDED = {
    "max_events_per_user_per_day": 1_000_000,
    "learn_share": 1.0,
    "learn_rate": 100_000.0,
}

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where replays happen: a Redis, and the prefix of all their keys there.

    `rebuild_here`: batch models are built in this process, which is sooner where there is little to build.
    """

    redis_url: str
    key_prefix: str
    rebuild_here: bool = False


@dataclass(slots=True)
class Replay:
    """Records, learns for the strategy, and rebuilds. `progress(phase, done, total)` is called now and then.

    `seconds` went by, and events were `recorded`, in each phase.
    """

    tandem: Tandem
    strategy: Strategy
    clock: ReplayClock
    timeline: Timeline
    progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)
    recorded: Counter[str] = field(default_factory=Counter)
    _waiting: list[NewEvent] = field(default_factory=list)

    async def put_items(self, items: Collection[Item]) -> None:
        """Fills the catalogue; returns when content neighbours are there."""
        with self.timed("catalogue"):
            found = list(items)
            for start in range(0, len(found), ITEMS_CHUNK):
                await self.tandem.recommender.put_items(found[start : start + ITEMS_CHUNK])
            await self.tandem.recommender.settled()

    async def record(self, events: Sequence[NewEvent]) -> None:
        """Records events without learning from them."""
        with self.timed("record"):
            for start in range(0, len(events), CHUNK):
                chunk = events[start : start + CHUNK]
                await self._send("record", [self._moved(event) for event in chunk], past=True)
                self.progress("record", start + len(chunk), len(events))

    async def learn(self, events: Sequence[NewEvent], labels: Collection[int]) -> None:
        """Records events, and learns from those at the places of `labels`."""
        with self.timed("learn"):
            for place, event in enumerate(events):
                await (self.live(event) if place in labels else self.past(event))
                if place in labels:
                    self.progress("learn", place, len(events))
            await self.flush()
            self.progress("learn", len(events), len(events))

    async def study(self, questions: Sequence[Question]) -> None:
        """Learns from questions of which the answers are known, as if by one more act of the last one's type.

        Records nothing. Time goes on, or else no weights would be read again and all would learn by the first.
        """
        with self.timed("learn"):
            for done, question in enumerate(questions, 1):
                self.clock.now_ms += STUDY_MS
                person = somebody(self.tandem, question.before)
                answer = question.wanted[0], question.before[-1].type
                await patiently(partial(self.tandem.learner.study, person, *answer))
                self.progress("learn", done, len(questions))

    async def live(self, event: NewEvent) -> None:
        """Records an event as one that happens now: it is learned from."""
        await self.flush()
        self.now(event)
        await self._send("learn", [replace(event, timestamp_ms=None)], past=False)

    async def past(self, event: NewEvent) -> None:
        """Records an event without learning from it, at the latest when one is to be learned from, or at `flush`."""
        self._waiting.append(self._moved(event))
        if len(self._waiting) == CHUNK:
            await self.flush()

    async def flush(self) -> None:
        """Records what waits."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            await self._send("learn", waiting, past=True)

    def now(self, event: NewEvent) -> None:
        """Sets the clock to the event's time."""
        self.clock.now_ms = self.timeline.at(event.timestamp_ms or 0)

    async def rebuild(self) -> None:
        """Makes the batch models anew of all that was recorded; afterwards nothing older is remembered."""
        await self.flush()
        await self.tandem.learner.flush()
        self.progress("rebuild", 0, 1)
        with self.timed("rebuild"):
            await patiently(lambda: self.tandem.jobs.run_to_end("none"))
        self.tandem.recommender.forget()

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Adds what goes by meanwhile to the phase's seconds."""
        began = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - began
            self.seconds[phase] = self.seconds.get(phase, 0.0) + spent

    async def _send(self, phase: str, events: Sequence[NewEvent], *, past: bool) -> None:
        if past:
            self.clock.now_ms = max(self.clock.now_ms, events[-1].timestamp_ms or 0)
        total = self.recorded.total()
        # Ids make repeating safe, and keep the order of what happened in one millisecond.
        named = [replace(e, event_id=f"{n:010d}") for n, e in enumerate(events, total)]
        await patiently(lambda: self._record(named, past=past))
        self.recorded[phase] += len(events)

    async def _record(self, events: Sequence[NewEvent], *, past: bool) -> None:
        for answer in await self.tandem.recommender.record(events, as_of_event=past):
            if answer.problem is not None:
                raise answer.problem

    def _moved(self, event: NewEvent) -> NewEvent:
        return replace(event, timestamp_ms=self.timeline.at(event.timestamp_ms or 0))


@asynccontextmanager
async def open_replay(
    log: Log, options: Options, place: Place, progress: Progress, changes: Mapping[str, object]
) -> AsyncIterator[Replay]:
    """A service in a database of its own, emptied at the end. `changes` are settings that differ from the product's."""
    timeline = timeline_of(log, STUDY_MS * min(options.labels, len(log.events)))
    fitting = {"event_ttl_s": timeline.event_ttl_s, "session_gap_s": timeline.gap_s}
    where = {"redis_url": place.redis_url, "key_prefix": place.key_prefix}
    settings = Settings.model_validate({**UNBOUNDED, **fitting, **changes, **where})
    clock = ReplayClock(timeline.start_ms)
    clients = open_clients(place.redis_url) if place.rebuild_here else None
    try:
        async with open_recommender(
            settings, clock, clients, random.Random(options.seed)
        ) as tandem:
            strategy = tandem.learner.strategy = options.strategy(tandem.strategies)
            yield Replay(tandem, strategy, clock, timeline, progress)
    finally:
        await _empty(place)


async def _empty(place: Place) -> None:
    clients = open_clients(place.redis_url)
    try:
        await drop_prefix(clients, place.key_prefix)
    finally:
        await clients.aclose()
