"""From a person's interest, and the lists read for it, to the evidence that a ranking rests on."""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from scoring.candidates import Evidence
from scoring.entries import Entries
from scoring.types import FloatArray, IntArray
from service.echo import take_echo_from
from service.interest import Interest, act_factor
from service.neighbourhoods import Neighbourhood
from service.numbering import ItemNumbers
from service.strategies import ROW, SOURCES, STEP_DECAY

#: Acts that say more than a view: how much more is learned, by a feature of each.
ACTS = ("add_to_cart", "purchase")
_ACT = {act: number for number, act in enumerate(ACTS)}
_NO_ACT = -1


def evidence_of(
    interest: Interest,
    neighbourhoods: Sequence[Neighbourhood],
    whole: Sequence[Entries],
    sources: frozenset[str],
    numbers: ItemNumbers,
) -> Evidence:
    """What each recent item says for each of these sources, and the `whole` lists, which no item stands behind."""
    steps = len(neighbourhoods)
    factors = _fading(sources, steps, len(whole)).copy()
    strengths = [act_factor(weight) for _, weight in interest.recent]
    if strengths != [1.0] * steps:  # most people look at most things only
        factors[:steps] *= np.array(strengths)[:, None]
    echo = take_echo_from(factors, interest, neighbourhoods, numbers)
    acts = [_ACT.get(interest.acts.get(item, ""), _NO_ACT) for item, _ in interest.recent]
    return Evidence(
        [*(near.entries for near in neighbourhoods), *whole],
        factors,
        steps,
        [*acts, *[_NO_ACT] * len(whole)],
        echo,
    )


@lru_cache(maxsize=256)
def _fading(sources: frozenset[str], steps: int, whole: int) -> FloatArray:
    """By how much what the last item, the one before ... says counts, in the other sources 0; then each whole list, by
    1 in all: (steps + whole, S).
    """
    decays = [STEP_DECAY.get(source, math.inf) if source in sources else 0.0 for source in SOURCES]
    rows = [
        [math.exp(-step / decay) if decay else 0.0 for decay in decays] for step in range(steps)
    ]
    rows += [[1.0] * len(SOURCES)] * whole
    fading = np.array(rows).reshape(steps + whole, len(SOURCES))
    fading.flags.writeable = False
    return fading


def whole_list(source: str, ids: IntArray, weights: FloatArray) -> Entries:
    """What a list of that source says by itself."""
    rows = np.full(len(ids), ROW[source], dtype=np.int8)
    return Entries(ids, rows, weights, np.zeros(len(ids), dtype=np.int8))
