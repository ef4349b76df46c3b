"""From a person's interest, and the lists read for it, to the evidence that a ranking rests on."""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from scoring.candidates import Entries, Evidence
from service.echo import Factors, without_echo
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
    factors, echo = without_echo(_factors(interest, sources), interest, neighbourhoods, numbers)
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


def _factors(interest: Interest, sources: frozenset[str]) -> Factors:
    """By how much what each recent item says counts in each source."""
    strengths = [act_factor(weight) for _, weight in interest.recent]
    fading = _fading(sources, len(strengths))
    return [
        [strength * faded for faded in row] for strength, row in zip(strengths, fading, strict=True)
    ]


@lru_cache(maxsize=256)
def _fading(sources: frozenset[str], steps: int) -> Factors:
    """By how much what the last item, the one before ... says counts, in each of the sources; the others' count 0."""
    decays = [STEP_DECAY.get(source, math.inf) if source in sources else 0.0 for source in SOURCES]
    return [
        [math.exp(-step / decay) if decay else 0.0 for decay in decays] for step in range(steps)
    ]


def _whole(source: str, items: WeightedItems) -> Entries:
    size = len(items.ids)
    rows = np.full(size, ROW[source], dtype=np.int8)
    return Entries(items.ids, rows, items.weights, np.zeros(size, dtype=np.int8))
