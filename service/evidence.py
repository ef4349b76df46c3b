"""From a person's interest, and the lists read for it, to the evidence that a ranking rests on."""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from scoring.candidates import Echo, Entries, Evidence
from service.interest import Interest, act_factor
from service.neighbourhoods import Neighbourhood, WeightedItems
from service.numbering import ItemNumbers
from service.strategies import ROW, SOURCES, STEP_DECAY

#: Acts that say more than a view: how much more is learned, by a feature of each.
ACTS = ("add_to_cart", "purchase")
_ACT = {act: number for number, act in enumerate(ACTS)}
_NO_ACT = -1


def evidence_of(
    interest: Interest,
    neighbourhoods: Sequence[Neighbourhood],
    whole_lists: Mapping[str, WeightedItems],
    sources: frozenset[str],
    numbers: ItemNumbers,
) -> Evidence:
    """What each recent item says for each of these sources, and the lists that no item stands behind.

    `whole_lists`: session_knn and trending.
    """
    factors = _factors(interest, sources)
    echo = _EchoOf(numbers)
    if interest.own.since_ms:
        for step, ((item, _), near) in enumerate(zip(interest.recent, neighbourhoods, strict=True)):
            echo.take(step, interest, item, near, factors[step])
    whole = [_whole(source, items) for source, items in whole_lists.items()]
    acts = [_ACT.get(interest.acts.get(item, ""), _NO_ACT) for item, _ in interest.recent]
    ones = [[1.0] * len(SOURCES)] * len(whole)
    return Evidence(
        [*(near.entries for near in neighbourhoods), *whole],
        np.array([*factors, *ones]).reshape(-1, len(SOURCES)),
        len(neighbourhoods),
        [*acts, *[_NO_ACT] * len(whole)],
        echo.echo(),
    )


def _factors(interest: Interest, sources: frozenset[str]) -> list[list[float]]:
    """By how much what each recent item says counts in each source."""
    strengths = [act_factor(weight) for _, weight in interest.recent]
    fading = _fading(sources, len(strengths))
    return [
        [strength * faded for faded in row] for strength, row in zip(strengths, fading, strict=True)
    ]


@lru_cache(maxsize=256)
def _fading(sources: frozenset[str], steps: int) -> list[list[float]]:
    """By how much what the last item, the one before ... says counts, in each of the sources; the others' count 0."""
    decays = [STEP_DECAY.get(source, math.inf) if source in sources else 0.0 for source in SOURCES]
    return [
        [math.exp(-step / decay) if decay else 0.0 for decay in decays] for step in range(steps)
    ]


def _whole(source: str, items: WeightedItems) -> Entries:
    rows = np.full(len(items.ids), ROW[source], dtype=np.int8)
    return Entries(items.ids, rows, items.weights)


class _EchoOf:
    """Gathers what readers have themselves added to what recent items say."""

    def __init__(self, numbers: ItemNumbers) -> None:
        self._numbers = numbers
        self._steps: list[int] = []
        self._parts: list[int] = []
        self._rows: list[int] = []
        self._others: list[str] = []
        self._amounts: list[float] = []

    def take(
        self, step: int, interest: Interest, item: str, near: Neighbourhood, factors: list[float]
    ) -> None:
        """Of one item: makes its factors those of what others did, and notes what is the reader's."""
        share = interest.own.share(item, near.read_ms)
        if not share.total:
            return
        for source, own_total, count in (
            ("sequence", share.ahead_total, share.ahead),
            ("co_view", share.total, len(share.others)),
        ):
            said, row = near.lists.get(source), ROW[source]
            if said is None or not own_total or not factors[row]:
                continue
            others_total = said.total - own_total
            factors[row] *= said.total / others_total if others_total > 0 else 0.0
            amount = factors[row] / said.total
            self._steps += [step] * count
            self._parts += [0] * share.ahead + [1] * (count - share.ahead)
            self._rows += [row] * count
            self._others += share.others[:count]
            self._amounts += [weight * amount for weight in share.weights[:count]]

    def echo(self) -> Echo | None:
        """What is to be taken away; None for nothing."""
        if not self._steps:
            return None
        steps, parts, rows = np.array([self._steps, self._parts, self._rows], dtype=np.int32)
        others = self._numbers.numbers(self._others)
        return Echo(steps, parts, rows.astype(np.int8), others, np.array(self._amounts))
