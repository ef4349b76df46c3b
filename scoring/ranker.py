"""The linear ranker: score = Σ over features of weight x feature, so that it explains itself.

Features of a request with sources s_1 .. s_S, one row each, one column a candidate:

    s, log_s          for each source: a = score / its best in the request; ln(a + 0.001) from 0
    is_last, recency  is it the user's last item; 1 / steps since they saw it
    log_popularity    ln(1 + popularity) / its largest in the request
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from scoring.types import FloatArray, IntArray, WeightArray

#: ln(a + 1/1000) shifted to start at 0: log1p makes that exact. On public click logs these
#: features are worth as much as a whole source.
_LOG_SHARPNESS = 1000.0


def feature_names(sources: Sequence[str]) -> tuple[str, ...]:
    """Names of the rows that `features` returns, in order."""
    pairs = [name for source in sources for name in (source, f"log_{source}")]
    return (*pairs, "is_last", "recency", "log_popularity")


def features(raw: FloatArray, steps_since_seen: IntArray, popularity: WeightArray) -> FloatArray:
    """Features (2S + 3, k) of k candidates with source scores `raw` (S, k).

    `steps_since_seen` (k,): 1 = the last item, 2 the one before, 0 = never. Negative scores and
    popularities count as 0; a source whose best is 0 says 0 for all.
    """
    sources, size = raw.shape
    table = np.empty((2 * sources + 3, size))
    shares = _by_best(raw)
    table[0 : 2 * sources : 2] = shares
    table[1 : 2 * sources : 2] = np.log1p(shares * _LOG_SHARPNESS)
    table[-3] = steps_since_seen == 1
    table[-2] = np.where(steps_since_seen > 0, 1.0 / np.maximum(steps_since_seen, 1), 0.0)
    table[-1] = _by_best(np.log1p(np.maximum(popularity, 0.0)))
    return table


def contributions(features: FloatArray, weights: FloatArray) -> FloatArray:
    """What each feature adds to each candidate's score: (F, k)."""
    return features * weights[:, None]


def scores(contributions: FloatArray) -> FloatArray:
    """The scores (k,): exactly the sums of the contributions."""
    return np.asarray(contributions.sum(axis=0))


def top(scores: FloatArray, ids: IntArray, limit: int) -> npt.NDArray[np.intp]:
    """Indices of the `limit` best, best first, ties to the smaller id. Scores must be finite."""
    size = len(scores)
    if limit <= 0:
        return np.empty(0, dtype=np.intp)
    if size <= limit:
        return np.lexsort((ids, -scores))
    cut = np.partition(scores, size - limit)[size - limit]
    reaching = np.flatnonzero(scores >= cut)
    return reaching[np.lexsort((ids[reaching], -scores[reaching]))[:limit]]


def _by_best(values: FloatArray) -> FloatArray:
    positive = np.maximum(values, 0.0)
    best = positive.max(axis=-1, keepdims=True, initial=0.0)
    return positive / np.where(best > 0, best, 1.0)
