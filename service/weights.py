"""The ranker's weights as they are now: a strategy's own, moved by what all workers have learned."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from scoring.learning import Evidence, best_weights, nothing
from scoring.types import FloatArray
from service.freshness import Freshness
from service.ranking import FEATURES
from service.shared_reads import SharedReads
from service.strategies import SOURCES, AdaptingAct, Strategy, adapted
from store.weights import Learned, Sums, WeightStore

log = logging.getLogger(__name__)

#: The kinds of last act that have weights of their own: all others share the first one's.
LastAct = Literal["view", AdaptingAct]
LAST_ACTS: tuple[str, ...] = get_args(LastAct)
PLACES_PER_READ = 8
LOGARITHMS = frozenset(f"log_{source}" for source in SOURCES)


#: How far a weight may be from its prior, before there is evidence. Logarithms reach to 6.9, all else to 1.
SPREAD = np.array([0.1 if name in LOGARITHMS else 0.5 for name in FEATURES])


@dataclass(frozen=True, slots=True, eq=False)
class CurrentWeights:
    """`values` (F,) by feature, and what they come from."""

    values: FloatArray
    learned: Learned


def kind_of(last_type: str | None) -> str:
    """Which weights hold after a last act of that type."""
    return last_type if last_type in LAST_ACTS else LAST_ACTS[0]


def prior_of(strategy: Strategy, last: str) -> Mapping[str, float]:
    """Every feature's weight before anything is learned."""
    given = strategy.after.get(last, adapted(strategy.weights, last))
    return {name: given.get(name, 0.0) for name in FEATURES}


def usable(strategy: Strategy) -> list[int]:
    """The rows of the features that the strategy can use: those of its sources, and those of no source."""
    return [
        row
        for row, name in enumerate(FEATURES)
        if name not in LOGARITHMS | set(SOURCES) or name.removeprefix("log_") in strategy.sources
    ]


def weights_of(strategy: Strategy, last: str, learned: Learned) -> FloatArray:
    """The weights (F,): pinned ones, or the prior moved by the evidence as far as that can be used."""
    return _weights(strategy, last, learned)[0]


def _weights(strategy: Strategy, last: str, learned: Learned) -> tuple[FloatArray, bool]:
    """As `weights_of`, and whether the evidence could be used."""
    prior = prior_of(strategy, last)
    if learned.pinned is not None:
        return np.array([learned.pinned.get(name, prior[name]) for name in FEATURES]), True
    values = np.array([prior[name] for name in FEATURES])
    rows = usable(strategy)
    known = _evidence(learned.sums, [FEATURES[row] for row in rows])
    try:
        values[rows] = best_weights(values[rows], SPREAD[rows], known)
    except np.linalg.LinAlgError:
        return values, False
    return values, True


def _evidence(sums: Sums, names: Sequence[str]) -> Evidence:
    """The evidence on these features."""
    place = {name: n for n, name in enumerate(names)}
    found = nothing(len(names))
    for name, at in place.items():
        found.pull[at] = sums.pulls.get(name, 0.0)
        for other, value in sums.rows.get(name, {}).items():
            if other in place:
                found.precision[at, place[other]] = found.precision[place[other], at] = value
    return found


class Weights:
    """Weights as learned, read again when older than the least age of shared lists. Lives as long as the worker."""

    def __init__(self, store: WeightStore, freshness: Freshness) -> None:
        self._freshness = freshness
        self._held: dict[tuple[str, str], tuple[CurrentWeights, int]] = {}
        self._reads: SharedReads[tuple[str, str], Learned] = SharedReads(
            store.read, limit=PLACES_PER_READ
        )
        self._forgets = 0
        self._doubted: set[tuple[str, str]] = set()

    async def get(self, strategy: Strategy, last_type: str | None) -> CurrentWeights:
        """The weights of a list. One round trip, shared, when they are too old."""
        held = self.held(strategy, last_type)
        if held is not None:
            return held
        last, now_ms, forgets = kind_of(last_type), self._freshness.clock(), self._forgets
        place = strategy.name, last
        learned = (await self._reads.get([place]))[place]
        values, sound = _weights(strategy, last, learned)
        if not sound:
            self._doubt(place)
        current = CurrentWeights(values, learned)
        if forgets == self._forgets:
            until_ms = now_ms + self._freshness.least_age_ms
            self._held[place] = current, until_ms
        return current

    def held(self, strategy: Strategy, last_type: str | None) -> CurrentWeights | None:
        """The weights of a list, if they are young."""
        found = self._held.get((strategy.name, kind_of(last_type)))
        return found[0] if found is not None and found[1] > self._freshness.clock() else None

    def forget(self) -> None:
        """Drops everything: weights were pinned or reset. What is being read is not kept."""
        self._held.clear()
        self._reads.forget()
        self._forgets += 1

    def _doubt(self, place: tuple[str, str]) -> None:
        """Says once, not at each reading, that what was learned is of no use."""
        if place not in self._doubted:
            self._doubted.add(place)
            text = "what was learned for %s after %s cannot be used: it keeps its own weights until a reset"
            log.error(text, *place)
