"""Ranking metrics and their uncertainty. A rank is 1 for the best, half-way for ties."""

import math
from collections.abc import Sequence

import numpy as np

from scoring.types import FloatArray


def rank_of(label_score: float | None, scores: FloatArray) -> float:
    """The rank of a label among `scores`, which include its own; ties count half.

    `None` says that the label was not a candidate: its rank is infinite, a miss at every k.
    """
    if label_score is None:
        return math.inf
    better = int(np.count_nonzero(scores > label_score))
    tied = int(np.count_nonzero(scores == label_score))
    return 1.0 + better + max(tied - 1, 0) / 2.0


def hit(rank: float, k: int) -> float:
    """1 when the label is among the first k (HR@k), else 0."""
    return float(rank <= k)


def reciprocal_rank(rank: float, k: int) -> float:
    """1 / rank within the first k (MRR@k), else 0."""
    return 1.0 / rank if rank <= k else 0.0


def ndcg(ranks: Sequence[float], k: int) -> float:
    """NDCG@k of the ranks of all relevant items, infinite for those not scored.

    With one relevant item it is 1 / log2(rank + 1). No relevant item: 0.
    """
    gained = sum(1.0 / math.log2(rank + 1.0) for rank in ranks if rank <= k)
    ideal = sum(1.0 / math.log2(place + 1.0) for place in range(1, min(len(ranks), k) + 1))
    return gained / ideal if ideal else 0.0


def bootstrap_interval(
    values: FloatArray, rng: np.random.Generator, draws: int = 1000, level: float = 0.95
) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean. No values: (nan, nan)."""
    if not len(values):
        return math.nan, math.nan
    size = len(values)
    means = [values[rng.integers(size, size=size)].mean() for _ in range(draws)]
    low, high = np.quantile(means, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return float(low), float(high)
