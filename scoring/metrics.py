"""Ranking metrics. A rank is 1 for the best, infinite for what is not in the list."""


def hit(rank: float, k: int) -> float:
    """1 when the label is among the first k (HR@k), else 0."""
    return float(rank <= k)


def reciprocal_rank(rank: float, k: int) -> float:
    """1 / rank within the first k (MRR@k), else 0."""
    return 1.0 / rank if rank <= k else 0.0
