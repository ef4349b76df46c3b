"""What examples say of the weights, gathered until enough is there to be sent to the store."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from scoring.learning import Evidence, evidence_of, nothing
from service.ending import meanwhile
from service.ranking import FEATURES, Ranked
from service.strategies import Strategy
from service.weights import CurrentWeights, usable
from store.errors import StoreUnavailable
from store.weights import Sums, WeightStore

log = logging.getLogger(__name__)

FLUSH_EXAMPLES = 20
FLUSH_AGE_MS = 1_000
SEND_S = 0.5  # sooner than what is gathered grows old: nobody's request waits for the sending


@dataclass(frozen=True, slots=True)
class Example:
    """What a strategy would have recommended just before somebody acted on `item`, after a last act of the kind `last`.

    `event` is the place of that act among those recorded together, `revision` the user's before.
    """

    item: int
    worth: float
    strategy: Strategy
    last: str
    ranked: Ranked
    weights: CurrentWeights
    event: int = 0
    revision: int = 0

    @property
    def label(self) -> int | None:
        """The place of the item among the candidates."""
        found = np.flatnonzero(self.ranked.candidates.ids == self.item)
        return int(found[0]) if len(found) else None

    @property
    def rank(self) -> int | None:
        """Where the item stood in the list, 1 = first."""
        order = self.ranked.order
        return order.index(self.label) + 1 if self.label in order else None


@dataclass(slots=True)
class Predictions:
    """How examples were predicted: `seen` of them, `hits` with their item in the list, `ranks` of 1 / its rank."""

    seen: int = 0
    hits: int = 0
    ranks: float = 0.0

    def count(self, example: Example) -> None:
        rank = example.rank
        self.seen += 1
        if rank is not None:
            self.hits += 1
            self.ranks += 1 / rank


@dataclass(slots=True)
class _Gathered:
    """What examples of one strategy and kind of last act have said since they were last sent."""

    strategy: Strategy
    epoch: int
    began_ms: int
    predictions: Predictions = field(default_factory=Predictions)
    evidence: Evidence = field(default_factory=lambda: nothing(len(FEATURES)))

    def add(self, example: Example) -> None:
        self.predictions.count(example)
        label = example.label
        if label is not None:
            features, weights = example.ranked.features, example.weights.values
            self.evidence += evidence_of(features, weights, label, example.worth)

    def sums(self) -> Sums:
        """For the store, of the features that the strategy uses, by name."""
        rows = usable(self.strategy)
        pulls = {FEATURES[row]: float(self.evidence.pull[row]) for row in rows}
        halves = {FEATURES[row]: self._half(row, rows) for row in rows}
        found = self.predictions
        return Sums(found.seen, found.hits, found.ranks, pulls, halves)

    def _half(self, row: int, rows: Sequence[int]) -> Mapping[str, float]:
        precision = self.evidence.precision[row]
        return {FEATURES[other]: float(precision[other]) for other in rows if other <= row}


class Lessons:
    """Gathers examples and sends their sums, every second or so. Lives as long as the worker.

    `predictions` counts them by strategy since its start.
    """

    def __init__(self, store: WeightStore, worker: str, clock: Callable[[], int]) -> None:
        self._store = store
        self._worker = worker
        self._clock = clock
        self._numbers = count(clock())  # greater than any of a worker of this name before
        self._gathered: dict[tuple[str, str], _Gathered] = {}
        self._sending = asyncio.Lock()  # what is numbered first arrives first
        self.predictions: dict[str, Predictions] = {}

    async def add(self, example: Example) -> None:
        """Gathers; sends all that is gathered when it is old or much."""
        place, epoch = (example.strategy.name, example.last), example.weights.learned.epoch
        gathered = self._gathered.get(place)
        if gathered is None or gathered.epoch != epoch:
            gathered = _Gathered(example.strategy, epoch, self._clock())
            self._gathered[place] = gathered
        gathered.add(example)
        self.predictions.setdefault(example.strategy.name, Predictions()).count(example)
        oldest_ms = min(one.began_ms for one in self._gathered.values())
        if gathered.predictions.seen >= FLUSH_EXAMPLES or self._clock() - oldest_ms >= FLUSH_AGE_MS:
            await self.flush()

    def sent_in_time(self) -> AbstractAsyncContextManager[None]:
        """While entered, what is gathered is sent soon even where no other example follows."""
        return meanwhile(self._keep_sending)

    async def _keep_sending(self) -> None:
        while True:
            await asyncio.sleep(SEND_S)
            await self.flush()

    async def flush(self) -> None:
        """Sends what was gathered. What cannot be sent is lost: there will be other examples."""
        async with self._sending:
            gathered, self._gathered = self._gathered, {}
            await asyncio.gather(*(self._send(last, one) for (_, last), one in gathered.items()))

    async def _send(self, last: str, one: _Gathered) -> None:
        number = next(self._numbers)
        try:
            await self._store.learn(
                one.strategy.name, last, one.epoch, self._worker, number, one.sums()
            )
        except StoreUnavailable as error:
            log.warning("%d examples are lost: %s", one.predictions.seen, error.reason)
