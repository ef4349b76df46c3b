"""From evidence to a ranked list with its explanation: the arithmetic between reading and answering."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from scoring import ranker
from scoring.candidates import (
    Candidates,
    Evidence,
    gather,
    only,
    part_by_act,
    shortlist,
    silence,
)
from scoring.scratch import Scratch
from scoring.types import BoolArray, FloatArray, IntArray
from service.evidence import ACTS
from service.interest import Interest
from service.numbering import ItemNumbers
from service.strategies import ROW, SOURCES, Strategy
from service.supports import Supports

FEATURES = ranker.feature_names(SOURCES, [f"by_{act}" for act in ACTS])
#: What a score may be the sum of: the features, and what the shop's boosts add.
CONTRIBUTIONS = (*FEATURES, "boost")
PER_SOURCE = 50
_TRENDING = ROW["trending"]


@dataclass(slots=True, eq=False)
class _Seen:
    """Items that a person has seen: numbers (n,), how many steps ago each (0: not lately), and how often."""

    numbers: IntArray
    steps: Sequence[int]
    times: Sequence[int]


@dataclass(slots=True, eq=False)
class Ranked:
    """A ranked list: places best first in `order`, into the arrays of `candidates`; `features` (F, k) of all.

    `everything`: what the candidates were chosen from.
    """

    everything: Candidates
    candidates: Candidates
    features: FloatArray
    contributions: FloatArray
    scores: FloatArray
    order: Sequence[int]

    @property
    def best(self) -> IntArray:
        """The ids of the list, best first."""
        best: IntArray = self.candidates.ids[self.order]
        return best

    @property
    def rests_on_acts(self) -> bool:
        """Whether anything but trending speaks for the list."""
        if not self.order:
            return False
        raw = _but_trending(self.candidates.raw)
        if max(raw[:, self.order[0]].tolist()) > 0:  # mostly, and told at once
            return True
        raw = raw.take(self.order, axis=1)
        return bool(np.maximum.reduce(raw, axis=None) > 0)

    def best_of(self, source: str, limit: int, mask: BoolArray) -> IntArray:
        """The ids of the list that the source alone would make of all that was named, best first, ties to the smaller
        id. `mask`: which of these may be shown.
        """
        raw = np.where(mask, self.everything.raw[ROW[source]], 0.0)
        order = ranker.top(raw, self.everything.ids, limit)
        best: IntArray = self.everything.ids[order[raw[order] > 0]]
        return best


def _but_trending(raw: FloatArray) -> FloatArray:
    return raw[:_TRENDING]  # it is the last


def _with_trending(popularity: FloatArray, short: Candidates, steps: IntArray) -> FloatArray:
    """The most for what only trending names, which stays in trending's order so."""
    named = (steps > 0) | (_but_trending(short.raw) > 0).any(axis=0)
    if not named.any():
        return np.zeros(len(popularity))
    return np.where(named, popularity, popularity.max())


class Ranking:
    """Ranks candidates by weights. Lives as long as the worker; not thread-safe (one work array)."""

    def __init__(self, numbers: ItemNumbers, supports: Supports) -> None:
        self._numbers = numbers
        self._supports = supports
        self._scratch = Scratch()

    async def learn(self, ranked: Ranked) -> bool:
        """Reads how popular the candidates are, where that is not known; whether it read anything."""
        return await self._supports.learn(ranked.candidates.ids)

    def rank(
        self,
        evidence: Evidence,
        interest: Interest,
        strategy: Strategy,
        weights: FloatArray,
        allowed: Callable[[IntArray], BoolArray],
        limit: int,
    ) -> Ranked:
        """The best `limit` of what the evidence names, without what `allowed` and the repeat policy forbid.

        `weights` (F,) by feature. When filters leave too few of each source's best 50, more are drawn. What is popular
        with everybody is ranked only where too little else is: it would crowd the candidates.
        """
        seen, forbidden = self._seen(interest, self.forbidden(interest, strategy))
        recent = seen.numbers[: len(interest.recent)]
        # Two steps often lead back to where one has been, which says nothing of wanting to go there again.
        everything = gather(evidence, self._scratch)
        everything = silence(everything, forbidden, self._scratch, ROW["walk"], recent)
        keep = recent if strategy.repeats == "all" else None
        per_source, silent = PER_SOURCE, [_TRENDING]
        while True:
            short = shortlist(everything, per_source, keep, silent)
            mask = allowed(short.ids)
            # Not until all are drawn: one that no source scores above 0 never is.
            shown = mask.nonzero()[0]
            if len(shown) >= limit or (per_source >= len(everything) and not silent):
                break
            per_source, silent = per_source * 4, []
        if len(shown) < len(mask):
            short = only(short, shown)
        table = self._features(short, seen, trending=not silent)
        contributions, scores = ranker.scored(table, weights)
        order = ranker.top(scores, short.ids, limit).tolist()
        return Ranked(everything, short, table, contributions, scores, order)

    def _features(self, short: Candidates, seen: _Seen, *, trending: bool) -> FloatArray:
        steps, times = np.zeros((2, len(short)), dtype=np.int32)
        which, at = self._scratch.found(seen.numbers, short.ids)
        for number, place in zip(which.tolist(), at.tolist(), strict=True):
            steps[place], times[place] = seen.steps[number], seen.times[number]
        by_act = [part_by_act(short, act) for act in range(len(ACTS))]
        popularity = self._supports.sessions(short.ids)
        if trending:
            popularity = _with_trending(popularity, short, steps)
        return ranker.features(short.raw, steps, times, popularity, by_act)

    def _seen(self, interest: Interest, forbidden: Collection[str]) -> tuple[_Seen, IntArray]:
        """What the person has seen, the recent items first, and the numbers of what is forbidden."""
        recent = {item: step for step, (item, _) in enumerate(interest.recent, 1)}
        names = [*(recent | dict.fromkeys(interest.touched, 0))]
        numbers = self._numbers.numbers([*names, *forbidden])
        steps = [recent.get(name, 0) for name in names]
        times = [interest.touched.count(name) for name in names]
        return _Seen(numbers[: len(names)], steps, times), numbers[len(names) :]

    def forbidden(self, interest: Interest, strategy: Strategy) -> set[str]:
        """The items that the strategy's repeat policy keeps out of a list."""
        if strategy.repeats == "all":
            return set()
        forbidden = set(interest.banned)
        if strategy.repeats == "none":
            forbidden.update(item for item, _ in interest.recent)
        elif interest.last is not None:
            forbidden.add(interest.last)
        return forbidden
