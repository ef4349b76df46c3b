"""The linear ranker: score = Σ over features of weight x feature, so that it explains itself.

Features of a request with sources s_1 .. s_S, one row each, one column a candidate:

    s, log_s          for each source: a = score / its best in the request; ln(a + 0.001) from 0
    is_last, recency  is it the user's last item; 1 / steps since they saw it
    times_seen        ln(1 + how often they saw it)
    log_popularity    ln(1 + popularity) / its largest in the request
    one for each act  what acts of that type say, as shares of their sources' bests: the mean of the sources that speak
"""

from collections.abc import Sequence

import numpy as np

from scoring import kernels
from scoring.types import FloatArray, IntArray, WeightArray


def feature_names(sources: Sequence[str], acts: Sequence[str] = ()) -> tuple[str, ...]:
    """Names of the rows that `features` returns, in order; those of acts as they are given."""
    pairs = [name for source in sources for name in (source, f"log_{source}")]
    return (*pairs, "is_last", "recency", "times_seen", "log_popularity", *acts)


def features(
    raw: FloatArray,
    steps_since_seen: IntArray,
    times_seen: IntArray,
    popularity: WeightArray,
    by_act: Sequence[FloatArray | None] = (),
) -> FloatArray:
    """Features (2S + 4 + A, k) of k candidates with source scores `raw` (S, k).

    `steps_since_seen` (k,): 1 = the last item, 2 the one before, 0 = never; `times_seen` (k,): how often. `by_act`: for
    each of A types of acts the part of `raw` (S, k) that rests on items with such an act, None where there is none.
    Negative scores and popularities count as 0; a source whose best is 0 says 0 for all.
    """
    table = kernels.features(raw, steps_since_seen, times_seen, popularity, len(by_act))
    for row, part in enumerate(by_act, len(table) - len(by_act)):
        if part is not None:
            table[row] = _said(part, raw)
    return table


def _said(part: FloatArray, raw: FloatArray) -> FloatArray:
    """What a part of the scores says: the mean of its shares of their bests, of the sources that speak."""
    best = np.maximum.reduce(raw, axis=1, keepdims=True, initial=0.0)
    shares = np.maximum(part, 0.0) / np.where(best > 0, best, 1.0)
    return np.asarray(np.add.reduce(shares, axis=0) / max(int((best > 0).sum()), 1))


def scored(features: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What each feature adds to each candidate's score (F, k), and the scores (k,): exactly the sums."""
    return kernels.scored(features, weights)


def top(scores: FloatArray, ids: IntArray, limit: int) -> IntArray:
    """Indices of the `limit` best, best first, ties to the smaller id. Scores must be finite."""
    return kernels.top(scores, ids, limit)
