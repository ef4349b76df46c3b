"""From a person's interest, and the lists read for it, to the evidence that a ranking rests on."""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from scoring.candidates import Echo, Entries, Evidence
from service.interest import Interest, act_factor
from service.neighbourhoods import AFTER, BEFORE, Neighbourhood, WeightedItems
from service.numbering import ItemNumbers
from service.strategies import ROW, SOURCES, STEP_DECAY
from store.keys import VIEW_STEP_WEIGHT

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
    echo = _echo(interest, neighbourhoods, factors, numbers)
    whole = [_whole(source, items) for source, items in whole_lists.items()]
    acts = [_ACT.get(interest.acts.get(item, ""), _NO_ACT) for item, _ in interest.recent]
    ones = [[1.0] * len(SOURCES)] * len(whole)
    return Evidence(
        [*(near.entries for near in neighbourhoods), *whole],
        np.array([*factors, *ones]).reshape(-1, len(SOURCES)),
        len(neighbourhoods),
        [*acts, *[_NO_ACT] * len(whole)],
        echo,
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
    size = len(items.ids)
    rows = np.full(size, ROW[source], dtype=np.int8)
    return Entries(items.ids, rows, items.weights, np.zeros(size, dtype=np.int8))


def _echo(
    interest: Interest,
    neighbourhoods: Sequence[Neighbourhood],
    factors: list[list[float]],
    numbers: ItemNumbers,
) -> Echo | None:
    """What of all that the recent items say is the reader's own, None for nothing. The factors become those of what
    others did.
    """
    own = interest.own
    if not own.since_ms:
        return None
    read_ms = {
        item: near.read_ms for (item, _), near in zip(interest.recent, neighbourhoods, strict=True)
    }
    steps, added = {item: step for step, item in enumerate(read_ms)}, []
    ahead_totals = [0.0] * len(steps)
    for first, then, weight, at_ms in own.pairs:
        if at_ms <= read_ms.get(first, -1):
            added.append((steps[first], AFTER, then, weight))
            ahead_totals[steps[first]] += weight
        if at_ms <= read_ms.get(then, -1):
            added.append((steps[then], BEFORE, first, weight))
    co_view, sequence = [0.0] * len(steps), [0.0] * len(steps)
    for (item, step), near in zip(steps.items(), neighbourhoods, strict=True):
        if own.since_ms.get(item, near.read_ms + 1) <= near.read_ms:
            co_view[step] = _of_others(factors[step], near, "co_view", VIEW_STEP_WEIGHT)
            sequence[step] = _of_others(factors[step], near, "sequence", ahead_totals[step])
    return _of_both(added, co_view, sequence, numbers) if added else None


def _of_others(factors: list[float], near: Neighbourhood, source: str, own_total: float) -> float:
    """Makes the source's factor that of what others did; what it makes of a weight of one's own."""
    said, row = near.lists.get(source), ROW[source]
    if said is None or not own_total:
        return 0.0
    others_total = said.total - own_total
    factors[row] *= said.total / others_total if others_total > 0 else 0.0
    return factors[row] / said.total


def _of_both(
    added: list[tuple[int, int, str, float]],
    co_view: Sequence[float],
    sequence: Sequence[float],
    numbers: ItemNumbers,
) -> Echo:
    """The echo in `co_view`, and of what came after in `sequence` too; of both, by step, what a weight of 1 counts."""
    after = [one for one in added if one[1] == AFTER]
    steps, parts, others, _ = zip(*added, *after, strict=True)
    amounts = [weight * co_view[step] for step, _, _, weight in added]
    amounts += [weight * sequence[step] for step, _, _, weight in after]
    rows = _BOTH.repeat([len(added), len(after)])
    return Echo(
        np.array(steps, dtype=np.int32),
        np.array(parts, dtype=np.int8),
        rows,
        numbers.numbers(others),
        np.array(amounts),
    )


_BOTH = np.array([ROW["co_view"], ROW["sequence"]], dtype=np.int8)
