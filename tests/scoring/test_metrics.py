"""Ranking metrics on lists whose figures one can check by hand."""

import math

import pytest

from scoring import metrics

RIGHT = (True, False, True, False)  # the first and the third item are right


def test_what_is_not_in_the_list_is_a_miss() -> None:
    found = [f(math.inf, 20) for f in (metrics.hit, metrics.reciprocal_rank, metrics.gain)]
    assert found == [0.0, 0.0, 0.0]


def test_hits_and_reciprocal_ranks_end_at_k() -> None:
    assert [metrics.hit(rank, 2) for rank in (1, 2, 3)] == [1.0, 1.0, 0.0]
    assert [metrics.reciprocal_rank(rank, 2) for rank in (1, 2, 3)] == [1.0, 0.5, 0.0]


def test_the_gain_of_a_place_is_one_over_the_logarithm_of_the_next_place() -> None:
    assert [metrics.gain(rank, 3) for rank in (1, 3, 4)] == [1.0, 0.5, 0.0]


def test_precision_counts_right_items_by_place_and_recall_by_those_wanted() -> None:
    assert metrics.precision(RIGHT, 2) == 1 / 2
    assert metrics.precision(RIGHT, 10) == 2 / 10
    assert metrics.recall(RIGHT, 5, 2) == 1 / 5
    assert metrics.recall(RIGHT, 5, 10) == 2 / 5


def test_average_precision_is_taken_at_the_places_of_the_right_items() -> None:
    assert metrics.average_precision(RIGHT, 2, 10) == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert metrics.average_precision(RIGHT, 5, 10) == pytest.approx((1 / 1 + 2 / 3) / 5)
    assert metrics.average_precision(RIGHT, 5, 1) == 1.0


def test_ndcg_compares_with_a_list_that_begins_with_all_that_is_wanted() -> None:
    best = 1 + 1 / math.log2(3)
    assert metrics.ndcg(RIGHT, 2, 10) == pytest.approx((1 + 1 / 2) / best)
    assert metrics.ndcg((True, True), 5, 2) == pytest.approx(1.0)
    assert metrics.ndcg((False, False), 1, 2) == 0.0
