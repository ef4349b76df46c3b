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
import numpy.typing as npt

from scoring.types import FloatArray, IntArray, WeightArray

#: ln(a + 1/1000) shifted to start at 0: log1p makes that exact. On public click logs these
#: features are worth as much as a whole source.
_LOG_SHARPNESS = 1000.0
#: So many are sorted as fast as the best of them are found.
_FEW = 200


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
    sources, size = raw.shape
    own = 2 * sources
    table = np.zeros((own + 4 + len(by_act), size))
    best = _best(raw)
    shares = np.maximum(raw, 0.0) / best
    table[0:own:2] = shares
    table[1:own:2] = np.log1p(shares * _LOG_SHARPNESS)
    seen = steps_since_seen.nonzero()[0]
    if len(seen):
        table[own] = steps_since_seen == 1
        table[own + 1, seen] = 1.0 / steps_since_seen[seen]
    if times_seen.any():
        table[own + 2] = np.log1p(times_seen)
    popular = np.log1p(np.maximum(popularity, 0.0))
    table[own + 3] = popular / (popular.max(initial=0.0) or 1.0)
    for row, part in enumerate(by_act, own + 4):
        if part is not None:
            speaking = max(int(np.logical_or.reduce(shares > 0, axis=1).sum()), 1)
            table[row] = np.add.reduce(np.maximum(part, 0.0) / best, axis=0) / speaking
    return table


def contributions(features: FloatArray, weights: FloatArray) -> FloatArray:
    """What each feature adds to each candidate's score: (F, k)."""
    return features * weights[:, None]


def scores(contributions: FloatArray) -> FloatArray:
    """The scores (k,): exactly the sums of the contributions."""
    return np.asarray(np.add.reduce(contributions, axis=0))


def top(scores: FloatArray, ids: IntArray, limit: int) -> npt.NDArray[np.intp]:
    """Indices of the `limit` best, best first, ties to the smaller id. Scores must be finite."""
    size = len(scores)
    if limit <= 0:
        return np.empty(0, dtype=np.intp)
    if size <= max(limit, _FEW):
        return np.lexsort((ids, -scores))[:limit]
    cut = np.partition(scores, size - limit)[size - limit]
    reaching = np.flatnonzero(scores >= cut)
    return reaching[np.lexsort((ids[reaching], -scores[reaching]))[:limit]]


def _best(values: FloatArray) -> FloatArray:
    """The largest of each row, to divide by: 1 where none is above 0."""
    best = np.maximum.reduce(values, axis=1, keepdims=True, initial=0.0)
    best[best <= 0] = 1.0
    return np.asarray(best)
