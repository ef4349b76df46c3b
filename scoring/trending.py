"""What is popular now: hourly counts, faded by their age."""

from collections.abc import Sequence

import numpy as np

from scoring.types import CountArray, FloatArray, IntArray


def decayed(
    counts_by_age: Sequence[tuple[float, IntArray, CountArray]], half_life_h: float
) -> tuple[IntArray, FloatArray]:
    """Items and scores, best first, ties to the smaller id.

    `counts_by_age` holds (age in hours, ids, counts); a count loses half its weight each
    `half_life_h` hours.
    """
    if not counts_by_age:
        return np.empty(0, dtype=np.int32), np.empty(0)
    faded = [counts * 0.5 ** (age_h / half_life_h) for age_h, _, counts in counts_by_age]
    named: IntArray = np.concatenate([ids for _, ids, _ in counts_by_age])
    ids, places = np.unique(named, return_inverse=True)
    scores = np.asarray(np.bincount(places, np.concatenate(faded)), dtype=np.float64)
    order = np.lexsort((ids, -scores))
    return ids[order], scores[order]
