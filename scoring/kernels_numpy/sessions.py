"""The nearest of others' sessions, and what they vote for."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from scoring.kernels_numpy.gathering import found, renumber
from scoring.types import FloatArray, IntArray

_TINY = np.finfo(np.float64).tiny


def nearest(
    ids: IntArray,
    lengths: Sequence[int],
    steps: IntArray,
    weights: FloatArray,
    own: int,
    count: int,
    slot: IntArray,
) -> tuple[IntArray, FloatArray, IntArray]:
    """The `count` distinct ids of the largest sums > 0, their sums, and the step of the first list that each is in.

    `lengths`, `steps` (>= 1) and `weights` are those of the lists, one after another in `ids`. In no order; ties go to
    the id that appears first. `own` is left out.
    """
    distinct, places = renumber(ids, slot)
    sums = np.bincount(places, weights.repeat(lengths)).astype(np.float64)
    first = np.empty(len(distinct), dtype=np.int32)
    first[places[::-1]] = steps.repeat(lengths)[::-1]  # the last write wins: the first list
    sums[distinct == own] = 0.0
    chosen = _first_best(sums, count)
    return distinct.take(chosen), sums.take(chosen), first.take(chosen)


def _first_best(values: FloatArray, count: int) -> npt.NDArray[np.intp]:
    """Indices of the `count` best positive values in no order, ties to the smaller index."""
    if len(values) <= count:
        return (values > 0).nonzero()[0]
    negated = -values
    negated.partition(count - 1)
    cut = max(-negated[count - 1], _TINY)
    above = (values > cut).nonzero()[0]
    level = (values == cut).nonzero()[0]
    return np.concatenate([above, level[: count - len(above)]])


def voted(
    items: IntArray,
    lengths: IntArray,
    strengths: FloatArray,
    current: IntArray,
    decays: FloatArray,
    slot: IntArray,
) -> tuple[IntArray, FloatArray]:
    """What lists of items, one after another with their `lengths`, vote for: distinct items and their sums, if not 0.

    A list votes with its strength times the decay of the distance from its last item that is in `current`, the last
    decay for all that are farther; without such an item it does not vote.
    """
    distinct, places = renumber(items, slot)
    shared, _ = found(current[current < len(slot)], items, slot)
    speaker = np.arange(len(lengths), dtype=np.int32).repeat(lengths)
    anchors = np.full(len(lengths), -1, dtype=np.int32)
    anchors[speaker.take(shared)] = shared  # the last write wins: the last shared item
    distances = np.abs(np.arange(len(items), dtype=np.int32) - anchors.take(speaker))
    votes = decays.take(distances, mode="clip")
    votes *= np.where(anchors < 0, 0.0, strengths).take(speaker)
    sums = np.bincount(places, votes).astype(np.float64)
    scored = sums.nonzero()[0]
    return distinct.take(scored), sums.take(scored)
