"""From evidence to a ranked list with its explanation: the arithmetic between reading and answering."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scoring import ranker
from scoring.candidates import (
    Candidates,
    Evidence,
    Scratch,
    drop,
    gather,
    part_by_act,
    shortlist,
    silenced,
    steps_since_seen,
    times_seen,
)
from scoring.types import BoolArray, FloatArray, IntArray
from service.interest import Interest, act_factor
from service.neighbourhoods import Neighbourhood, WeightedItems
from service.numbering import ItemNumbers
from service.own_session import Share
from service.strategies import SOURCES, STEP_DECAY, Strategy
from service.supports import Supports

#: Acts that say more than a view: how much more is learned, by a feature of each.
ACTS = ("add_to_cart", "purchase")
FEATURES = ranker.feature_names(SOURCES, [f"by_{act}" for act in ACTS])
#: What a score may be the sum of: the features, and what the shop's boosts add.
CONTRIBUTIONS = (*FEATURES, "boost")
PER_SOURCE = 50
_ROW = {source: row for row, source in enumerate(SOURCES)}
_ACT = {act: number for number, act in enumerate(ACTS)}
_NO_ITEM = -1
_NO_ACT = -1


@dataclass(frozen=True, slots=True)
class _Own:
    """As `Share`, in arrays."""

    ids: IntArray
    weights: FloatArray
    ahead: int
    ahead_total: float
    total: float


@dataclass(frozen=True, slots=True)
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
        return bool((_but_trending(self.candidates.raw[:, self.order]) > 0).any())

    def best_of(self, source: str, limit: int, mask: BoolArray) -> IntArray:
        """The ids of the list that the source alone would make of all that was named, best first, ties to the smaller
        id. `mask`: which of these may be shown.
        """
        raw = np.where(mask, self.everything.raw[_ROW[source]], 0.0)
        order = ranker.top(raw, self.everything.ids, limit)
        best: IntArray = self.everything.ids[order[raw[order] > 0]]
        return best


def _but_trending(raw: FloatArray) -> FloatArray:
    return np.delete(raw, _ROW["trending"], axis=0)


class Ranking:
    """Ranks candidates by weights. Lives as long as the worker; not thread-safe (one work array)."""

    def __init__(self, numbers: ItemNumbers, supports: Supports) -> None:
        self._numbers = numbers
        self._supports = supports
        self._scratch = Scratch()

    def evidence(
        self,
        interest: Interest,
        neighbourhoods: Sequence[Neighbourhood],
        whole_lists: Mapping[str, WeightedItems],
        strategy: Strategy,
    ) -> list[Evidence]:
        """What each recent item says for each source, and the lists that no item stands behind.

        `whole_lists`: session_knn and trending.
        """
        found = []
        for step, ((item, weight), near) in enumerate(
            zip(interest.recent, neighbourhoods, strict=True)
        ):
            strength = act_factor(weight)
            act = _ACT.get(interest.acts.get(item, ""), _NO_ACT)
            own = self._own(interest.own.share(item, near.read_ms))
            for source, items in near.lists.items():
                if source in strategy.sources:
                    factor = strength * math.exp(-step / STEP_DECAY[source])
                    said = Evidence(_ROW[source], step, items.ids, items.weights, factor, act)
                    if items.total and own is not None:
                        found += self._of_others(said, items, own)
                    else:
                        found.append(said)
        for source, items in whole_lists.items():
            found.append(Evidence(_ROW[source], _NO_ITEM, items.ids, items.weights, 1.0))
        return found

    def _own(self, share: Share) -> _Own | None:
        if not share.total:
            return None
        ids, weights = self._numbers.numbers(share.others), np.array(share.weights)
        self._scratch.cover(len(self._numbers))  # for `held`
        return _Own(ids, weights, share.ahead, share.ahead_total, share.total)

    def _of_others(self, said: Evidence, items: WeightedItems, own: _Own) -> list[Evidence]:
        """What is said by shares of a total, without the reader's own part of it."""
        sequence = said.source == _ROW["sequence"]
        own_total = own.ahead_total if sequence else own.total
        if not own_total:
            return [said]
        if items.total <= own_total:
            return []
        # Not what others were too few to be told of, or what was pruned.
        held = self._scratch.held(own.ids[: own.ahead], items.ids[: items.ahead])
        if not sequence:
            behind = self._scratch.held(own.ids[own.ahead :], items.ids[items.ahead :])
            held = np.concatenate([held, behind])
        ids, weights = own.ids[: len(held)][held], own.weights[: len(held)][held]
        factor = said.factor * items.total / (items.total - own_total)
        return [
            Evidence(said.source, said.step, said.ids, said.weights, factor, said.act),
            Evidence(said.source, said.step, ids, weights / -items.total, factor, said.act),
        ]

    async def learn(self, ranked: Ranked) -> bool:
        """Reads how popular the candidates are, where that is not known; whether it read anything."""
        return await self._supports.learn(ranked.candidates.ids)

    def rank(
        self,
        evidence: Sequence[Evidence],
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
        everything = self._named(evidence, interest, strategy)
        keep = self._recent(interest) if strategy.repeats == "all" else None
        per_source, silent = PER_SOURCE, [_ROW["trending"]]
        while True:
            short = shortlist(everything, per_source, keep, silent)
            mask = allowed(short.ids)
            # Not until all are drawn: one that no source scores above 0 never is.
            if mask.sum() >= limit or (per_source >= len(everything) and not silent):
                break
            per_source, silent = per_source * 4, []
        if not mask.all():
            short = Candidates(short.ids[mask], short.raw[:, mask], short.evidence)
        table = self._features(short, interest)
        contributions = ranker.contributions(table, weights)
        scores = ranker.scores(contributions)
        order = ranker.top(scores, short.ids, limit).tolist()
        return Ranked(everything, short, table, contributions, scores, order)

    def _named(
        self, evidence: Sequence[Evidence], interest: Interest, strategy: Strategy
    ) -> Candidates:
        """All that the evidence names and the repeat policy allows.

        Two steps often lead back to where one has been, which says nothing of wanting to go there again.
        """
        found = gather(evidence, len(SOURCES), self._scratch)
        forbidden = self._numbers.numbers(self.forbidden(interest, strategy))
        allowed = drop(found, forbidden, self._scratch)
        return silenced(allowed, _ROW["walk"], self._recent(interest), self._scratch)

    def _features(self, short: Candidates, interest: Interest) -> FloatArray:
        steps = steps_since_seen(short.ids, self._recent(interest), self._scratch)
        times = times_seen(short.ids, self._numbers.numbers(interest.touched), self._scratch)
        by_act = [part_by_act(short, act, self._scratch) for act in _ACT.values()]
        return ranker.features(short.raw, steps, times, self._popularity(short, steps), by_act)

    def _popularity(self, short: Candidates, steps: IntArray) -> FloatArray:
        """How many sessions held each; the most for what only trending names, which stays in trending's order so."""
        sessions = self._supports.sessions(short.ids)
        named = (steps > 0) | (_but_trending(short.raw) > 0).any(axis=0)
        if not named.any():
            return np.zeros(len(sessions))
        return np.where(named, sessions, sessions.max())

    def _recent(self, interest: Interest) -> IntArray:
        return self._numbers.numbers(item for item, _ in interest.recent)

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
