"""Ranking metrics on lists whose figures one can check by hand."""

import math

from scoring import metrics


def test_what_is_not_in_the_list_is_a_miss() -> None:
    assert metrics.hit(math.inf, 20) == 0.0
    assert metrics.reciprocal_rank(math.inf, 20) == 0.0


def test_hits_and_reciprocal_ranks_end_at_k() -> None:
    assert [metrics.hit(rank, 2) for rank in (1, 2, 3)] == [1.0, 1.0, 0.0]
    assert [metrics.reciprocal_rank(rank, 2) for rank in (1, 2, 3)] == [1.0, 0.5, 0.0]
