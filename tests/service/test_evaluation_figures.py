"""Figures of lists on which they can be computed by hand."""

import math
from typing import Any

import numpy as np
import pytest

from service.evaluation.figures import Scores, any_item_row, next_item_row
from service.evaluation.intervals import intervals
from service.evaluation.questions import Question, Touch

BEFORE = (Touch("x"),)
LIST = ["a", "b", "c", "d"]


def test_the_next_item_is_scored_by_its_place_and_what_came_later_by_all_places() -> None:
    row = next_item_row(LIST, Question(BEFORE, ("c", "a", "z", "c"), 0))
    assert (row["hr@20"], row["mrr@20"], row["ndcg@20"]) == (1.0, 1 / 3, 1 / math.log2(4))
    assert (row["precision@20"], row["recall@20"]) == (2 / 20, 2 / 3)
    assert row["map@20"] == pytest.approx((1 / 1 + 2 / 3) / 3)


def test_what_is_below_ten_counts_at_twenty_only() -> None:
    listed = [str(place) for place in range(1, 21)]
    row = next_item_row(listed, Question(BEFORE, ("12",), 0))
    assert (row["hr@10"], row["hr@20"], row["mrr@10"], row["mrr@20"]) == (0.0, 1.0, 0.0, 1 / 12)
    assert row["recall@10"] == 0.0


def test_where_all_wanted_items_are_alike_the_first_found_counts() -> None:
    row = any_item_row(LIST, Question(BEFORE, ("z", "d", "b"), 0))
    assert (row["hr@10"], row["mrr@10"]) == (1.0, 1 / 2)
    best = sum(1 / math.log2(place + 1) for place in (1, 2, 3))
    assert row["ndcg@10"] == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / best)


def test_means_coverage_and_popularity() -> None:
    scores = Scores(next_item_row, {"a": 4, "b": 1, "c": 1, "d": 1, "e": 1})
    scores.add(["a", "b"], Question(BEFORE, ("a",), 0))
    scores.add(["a", "z"], Question(BEFORE, ("b",), 1))
    figures = scores.figures(seed=1)
    assert (figures["hr@20"], figures["mrr@20"], figures["n"], figures["clusters"]) == (
        0.5,
        0.5,
        2,
        2,
    )
    assert figures["coverage@20"] == 2 / 5  # a and b; z is unknown
    assert figures["popularity@20"] == pytest.approx(((1 + 1 / 4) / 2 + 1 / 2) / 2)
    assert scores.means([1])["hr@20"] == 0.0
    assert scores.means([]) == {"n": 0}


def test_an_empty_list_is_a_miss() -> None:
    scores = Scores(next_item_row, {"a": 1})
    scores.add([], Question(BEFORE, ("a",), 0))
    assert scores.figures(seed=1)["hr@20"] == 0.0


def test_an_interval_holds_the_mean_and_is_the_seeds() -> None:
    rows, clusters = np.array([[0.0], [1.0]] * 50), np.arange(100, dtype=np.int32)

    def drawn(seed: int) -> list[float]:
        found: list[float] = intervals(rows, clusters, np.random.default_rng(seed))[:, 0].tolist()
        return found

    low, high = drawn(1)
    assert 0.38 < low < 0.43
    assert 0.57 < high < 0.62
    assert drawn(1) == drawn(1)


def test_questions_of_one_session_count_as_one_witness() -> None:
    rows = np.repeat([[0.0], [1.0]], 50, axis=0)
    alike = np.repeat(np.array([0, 1], dtype=np.int32), 50)
    assert intervals(rows, alike, np.random.default_rng(1))[:, 0].tolist() == [0.0, 1.0]


def test_a_long_session_weighs_as_many_questions() -> None:
    rows, clusters = np.array([[1.0], [0.0], [0.0], [0.0]]), np.array([0, 1, 1, 1], dtype=np.int32)
    low, high = intervals(rows, clusters, np.random.default_rng(1))[:, 0]
    assert (low, high) == (0.0, 1.0)


def test_a_group_of_questions_has_figures_and_intervals_of_its_own() -> None:
    scores = Scores(next_item_row, {"a": 1})
    for cluster, listed in enumerate(["a", "a", "b", "b"]):
        scores.add([listed], Question((), ("a",), cluster))
    hits: dict[str, Any] = scores.with_intervals(0, [0, 1])
    assert (hits["hr@20"], hits["n"], hits["clusters"]) == (1.0, 2, 2)
    assert hits["intervals"]["hr@20"] == [1.0, 1.0]
    assert scores.figures(0)["hr@20"] == 0.5
    assert scores.with_intervals(0, []) == {"n": 0}
