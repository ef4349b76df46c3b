"""Ranking metrics. A rank is 1 for the best, half-way for ties."""

import math

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
