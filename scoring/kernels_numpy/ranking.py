"""The best of what was gathered, with its features and scores."""

from collections.abc import Collection

import numpy as np

from scoring.types import FloatArray, IntArray, WeightArray

#: ln(a + 1/1000) shifted to start at 0: log1p makes that exact. On public click logs these
#: features are worth as much as a whole source.
LOG_SHARPNESS = 1000.0
#: So many are sorted as fast as the best of them are found.
_FEW = 200


def among_best(raw: FloatArray, ids: IntArray, count: int, silent: Collection[int]) -> IntArray:
    """Places of those that are among the `count` best positive sums of a row of `raw` (S, k), but for `silent` rows.

    In order; ties go to the smaller id.
    """
    speaking = np.maximum.reduce(raw, axis=1, initial=0.0) > 0
    speaking[list(silent)] = False
    raw = raw.take(speaking.nonzero()[0], axis=0)
    positive = raw > 0
    if len(ids) > count:
        # Negated, because selecting the largest of mostly zeros is ten times slower.
        negated = -raw
        negated.partition(count - 1, axis=1)
        positive &= raw >= -negated[:, count - 1, None]
        for source in (np.add.reduce(positive, axis=1, dtype=np.intp) > count).nonzero()[0]:
            tied = positive[source].nonzero()[0]
            order = np.lexsort((ids[tied], -raw[source, tied]))
            positive[source, tied[order[count:]]] = False
    chosen: IntArray = np.logical_or.reduce(positive, axis=0).nonzero()[0].astype(np.int32)
    return chosen


def features(
    raw: FloatArray, steps: IntArray, times: IntArray, popularity: WeightArray, more: int
) -> FloatArray:
    """The features of `ranker.features` (2S + 4 + more, k), the last rows left 0."""
    sources, size = raw.shape
    own = 2 * sources
    table = np.zeros((own + 4 + more, size))
    shares = np.maximum(raw, 0.0) / _best(raw)
    table[0:own:2] = shares
    table[1:own:2] = np.log1p(shares * LOG_SHARPNESS)
    seen = steps.nonzero()[0]
    table[own] = steps == 1
    table[own + 1, seen] = 1.0 / steps[seen]
    table[own + 2] = np.log1p(times)
    popular = np.log1p(np.maximum(popularity, 0.0, dtype=np.float64))
    table[own + 3] = popular / (popular.max(initial=0.0) or 1.0)
    return table


def _best(values: FloatArray) -> FloatArray:
    """The largest of each row, to divide by: 1 where none is above 0."""
    largest = np.maximum.reduce(values, axis=1, keepdims=True, initial=0.0)
    largest[largest <= 0] = 1.0
    return np.asarray(largest)


def scored(features: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Each feature (F, k) times its weight (F,), and the sums of these (k,)."""
    contributions = features * weights[:, None]
    return contributions, np.asarray(np.add.reduce(contributions, axis=0))


def top(scores: FloatArray, ids: IntArray, limit: int) -> IntArray:
    """Places of the `limit` largest scores (k,), the largest first, ties to the smaller id."""
    limit, size = max(limit, 0), len(scores)
    reaching = np.arange(size, dtype=np.int32)
    if limit and size > max(limit, _FEW):
        cut = np.partition(scores, size - limit)[size - limit]
        reaching = reaching[scores >= cut]
    order = np.lexsort((ids[reaching], -scores[reaching]))[:limit]
    return reaching[order]
