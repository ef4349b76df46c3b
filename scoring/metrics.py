"""Ranking metrics. A rank is 1 for the best, infinite for what is not in the list.

Where several items are right, `right` says of each place of a list whether its item is one of them, and `wanted` how
many there are.
"""

from collections.abc import Sequence
from math import log2


def hit(rank: float, k: int) -> float:
    """1 when the label is among the first k (HR@k), else 0."""
    return float(rank <= k)


def reciprocal_rank(rank: float, k: int) -> float:
    """1 / rank within the first k (MRR@k), else 0."""
    return 1.0 / rank if rank <= k else 0.0


def gain(rank: float, k: int) -> float:
    """1 / log2(1 + rank) within the first k, else 0: NDCG@k where one item is right."""
    return 1.0 / log2(1.0 + rank) if rank <= k else 0.0


def precision(right: Sequence[bool], k: int) -> float:
    """Which share of k places is right (P@k)."""
    return sum(right[:k]) / k


def recall(right: Sequence[bool], wanted: int, k: int) -> float:
    """Which share of the wanted items is among the first k (R@k)."""
    return sum(right[:k]) / wanted


def average_precision(right: Sequence[bool], wanted: int, k: int) -> float:
    """Mean precision at the places of the right items, of as many as could be within k (MAP@k)."""
    found, total = 0, 0.0
    for place, one in enumerate(right[:k], 1):
        if one:
            found += 1
            total += found / place
    return total / min(wanted, k)


def ndcg(right: Sequence[bool], wanted: int, k: int) -> float:
    """Gain of the right items within the first k, over the gain of a perfect list (NDCG@k)."""
    found = sum(gain(place, k) for place, one in enumerate(right, 1) if one)
    return found / sum(gain(place, k) for place in range(1, min(wanted, k) + 1))
