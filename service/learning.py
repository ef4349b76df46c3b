"""Learning the ranker's weights from what people do next.

An event by which a user touches item y is a labelled example: the candidates just before it, y the right answer. The
candidates are computed before the event is recorded (afterwards the counts would contain the answer), and used only
if nothing else of this user was recorded in between. Sums go to the store every second or so, where any number of
workers learn together.
"""

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from scoring.learning import Evidence, evidence_of, nothing
from service.list_making import ListMaker, Wish
from service.model import EventAnswer, NewEvent
from service.people import People
from service.ranking import FEATURES, Ranked
from service.settings import Settings
from service.strategies import Strategy, strategy
from service.weights import CurrentWeights, Weights, kind_of, usable
from store.errors import StoreUnavailable
from store.events import EventType
from store.weights import Sums, WeightStore

log = logging.getLogger(__name__)

CUT = 20
FLUSH_EXAMPLES = 20
FLUSH_AGE_MS = 1_000


@dataclass(frozen=True, slots=True)
class Example:
    """What would have been recommended just before an event, and to a user of which revision."""

    event: int
    item: int
    worth: float
    last: str
    revision: int
    ranked: Ranked
    weights: CurrentWeights


@dataclass(slots=True)
class _Gathered:
    """What examples of one kind of last act have said since they were last sent."""

    epoch: int
    began_ms: int
    seen: int = 0
    hits: float = 0.0
    ranks: float = 0.0
    evidence: Evidence = field(default_factory=lambda: nothing(len(FEATURES)))

    def sums(self, rows: Sequence[int]) -> Sums:
        """For the store, of these features, by name."""
        pulls = {FEATURES[row]: float(self.evidence.pull[row]) for row in rows}
        halves = {
            FEATURES[row]: {
                FEATURES[other]: float(self.evidence.precision[row, other])
                for other in rows
                if other <= row
            }
            for row in rows
        }
        return Sums(self.seen, self.hits, self.ranks, pulls, halves)


class Learner:
    """Learns from a sampled share of the events of one worker. Lives as long as it."""

    def __init__(
        self,
        lists: ListMaker,
        people: People,
        weights: Weights,
        store: WeightStore,
        types: Mapping[str, EventType],
        settings: Settings,
        worker: str,
        clock: Callable[[], int],
        rng: random.Random,
    ) -> None:
        self._lists = lists
        self._people = people
        self._weights = weights
        self._store = store
        self._types = types
        self._worker = worker
        self._clock = clock
        self._rng = rng
        self._share = settings.learn_share if settings.learn_rate else 0.0
        self._gap_ms = int(1000 / settings.learn_rate) if settings.learn_rate else 0
        self._next_ms = 0
        self._numbers = count(clock())  # greater than any of a worker of this name before
        self._gathered: dict[str, _Gathered] = {}
        self.strategy: Strategy = strategy("balanced")
        self.paused = False
        self.examples = 0

    async def before(self, events: Sequence[NewEvent]) -> Example | None:
        """An example of one of these events, which are about to be recorded; mostly none."""
        if self.paused or not events or not self._due():
            return None
        place = self._rng.randrange(len(events)) if len(events) > 1 else 0
        event = events[place]
        kind = self._types.get(event.type)
        if kind is None or not kind.touches or event.timestamp_ms is not None:
            return None
        try:
            return await self._example(place, event, kind.weight)
        except StoreUnavailable as error:  # recording will say so, if it lasts
            log.info("nothing is learned from an event: %s", error.reason)
            return None

    def _due(self) -> bool:
        """Whether an example may be computed: at most so many a second, of a share of the events."""
        now_ms = self._clock()
        if now_ms < self._next_ms or self._rng.random() >= self._share:
            return False
        self._next_ms = now_ms + self._gap_ms
        return True

    async def _example(self, place: int, event: NewEvent, worth: float) -> Example | None:
        state = await self._people.load(event.user_id)
        person = self._people.person(event.user_id, state)
        interest = person.interest
        if not interest.recent or self._lists.withholds(event.item_id, interest, self.strategy):
            return None
        current = await self._weights.get(self.strategy, interest.last_type)
        _, ranked = await self._lists.rank(person, Wish(self.strategy, CUT))
        item, last = self._lists.number(event.item_id), kind_of(interest.last_type)
        return Example(place, item, worth, last, state.revision, ranked, current)

    async def after(self, example: Example | None, answers: Sequence[EventAnswer]) -> None:
        """Learns from the example, if its event was recorded as the user's next."""
        if example is None:
            return
        answer = answers[example.event]
        alone = answer.revision == example.revision + 1 or not example.revision
        if answer.problem is not None or answer.duplicate or not alone:
            return
        gathered = self._gather(example)
        old = self._clock() - gathered.began_ms >= FLUSH_AGE_MS
        if old or gathered.seen >= FLUSH_EXAMPLES:
            await self.flush()

    def _gather(self, example: Example) -> _Gathered:
        ranked, epoch = example.ranked, example.weights.learned.epoch
        gathered = self._gathered.get(example.last)
        if gathered is None or gathered.epoch != epoch:
            gathered = self._gathered[example.last] = _Gathered(epoch, self._clock())
        self.examples += 1
        gathered.seen += 1
        for label in np.flatnonzero(ranked.candidates.ids == example.item).tolist():
            gathered.evidence += evidence_of(
                ranked.features, example.weights.values, label, example.worth
            )
            if label in ranked.order:
                gathered.hits += 1
                gathered.ranks += 1 / (ranked.order.index(label) + 1)
        return gathered

    async def flush(self) -> None:
        """Sends what was gathered. What cannot be sent is lost: there will be other examples."""
        gathered, self._gathered = self._gathered, {}
        for last, one in gathered.items():
            try:
                await self._send(last, one)
            except StoreUnavailable as error:
                log.warning("%d examples are lost: %s", one.seen, error.reason)

    async def _send(self, last: str, gathered: _Gathered) -> None:
        sums = gathered.sums(usable(self.strategy))
        number = next(self._numbers)
        await self._store.learn(
            self.strategy.name, last, gathered.epoch, self._worker, number, sums
        )
