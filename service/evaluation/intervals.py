"""Intervals by the bootstrap, resampling clusters: the questions of one session are no independent witnesses."""

import numpy as np

from scoring.types import FloatArray, IntArray

RESAMPLES = 1_000
LEVELS = (2.5, 97.5)


def intervals(rows: FloatArray, clusters: IntArray, rng: np.random.Generator) -> FloatArray:
    """The 95 % interval of each column's mean (2, columns): `rows` (n, columns), the cluster of each row (n,)."""
    _, places = np.unique(clusters, return_inverse=True)
    sizes = np.bincount(places)
    sums = np.stack([np.bincount(places, column) for column in rows.T], axis=1)
    means = np.empty((RESAMPLES, rows.shape[1]))
    for n in range(RESAMPLES):
        drawn = np.bincount(rng.integers(len(sizes), size=len(sizes)), minlength=len(sizes))
        means[n] = drawn @ sums / (drawn @ sizes)
    return np.percentile(means, LEVELS, axis=0)
