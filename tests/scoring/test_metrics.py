"""Ranking metrics on lists whose figures one can check by hand."""

import math

import numpy as np

from scoring import metrics


def test_the_best_score_has_rank_one() -> None:
    assert metrics.rank_of(3.0, np.array([1.0, 3.0, 2.0])) == 1.0


def test_ties_count_half() -> None:
    assert metrics.rank_of(2.0, np.array([2.0, 2.0, 2.0, 5.0])) == 3.0


def test_a_label_that_is_no_candidate_is_a_miss() -> None:
    rank = metrics.rank_of(None, np.array([1.0]))
    assert rank == math.inf
    assert metrics.hit(rank, 20) == 0.0
    assert metrics.reciprocal_rank(rank, 20) == 0.0


def test_hits_and_reciprocal_ranks_end_at_k() -> None:
    assert [metrics.hit(rank, 2) for rank in (1, 2, 2.5, 3)] == [1.0, 1.0, 0.0, 0.0]
    assert [metrics.reciprocal_rank(rank, 2) for rank in (1, 2, 3)] == [1.0, 0.5, 0.0]
