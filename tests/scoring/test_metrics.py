"""Ranking metrics on lists whose figures one can check by hand."""

import math

import numpy as np
import pytest

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
    assert metrics.ndcg([rank], 20) == 0.0


def test_hits_and_reciprocal_ranks_end_at_k() -> None:
    assert [metrics.hit(rank, 2) for rank in (1, 2, 2.5, 3)] == [1.0, 1.0, 0.0, 0.0]
    assert [metrics.reciprocal_rank(rank, 2) for rank in (1, 2, 3)] == [1.0, 0.5, 0.0]


def test_a_perfect_order_has_an_ndcg_of_one() -> None:
    assert metrics.ndcg([2.0, 1.0], 10) == pytest.approx(1.0)
    assert metrics.ndcg([1.0, 2.0, math.inf], 2) == pytest.approx(1.0)


def test_ndcg_discounts_by_the_logarithm_of_the_rank() -> None:
    assert metrics.ndcg([3.0], 10) == pytest.approx(0.5)
    assert metrics.ndcg([], 10) == 0.0


def test_the_bootstrap_covers_the_mean_as_a_normal_interval_does() -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(size=400)
    low, high = metrics.bootstrap_interval(values, rng)
    margin = 1.96 * values.std() / 20
    assert low == pytest.approx(values.mean() - margin, abs=0.02)
    assert high == pytest.approx(values.mean() + margin, abs=0.02)


def test_the_bootstrap_is_the_same_for_the_same_seed() -> None:
    values = np.arange(10.0)
    one, other = (metrics.bootstrap_interval(values, np.random.default_rng(1)) for _ in range(2))
    assert one == other


def test_without_values_there_is_no_interval() -> None:
    interval = metrics.bootstrap_interval(np.empty(0), np.random.default_rng(1))
    assert all(math.isnan(end) for end in interval)
