"""The ranker's features, and that a score is the sum of what explains it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scoring import ranker

SOURCES = ("sequence", "co_view")
numbers = st.floats(-5, 5)


def table() -> dict[str, list[float]]:
    raw = np.array([[4.0, 2.0, 0.0], [0.0, 0.0, 0.0]])
    steps, times = np.array([1, 0, 4], dtype=np.int32), np.array([2, 0, 1], dtype=np.int32)
    rows = ranker.features(raw, steps, times, np.array([0.0, 3.0, 1.0]))
    return dict(zip(ranker.feature_names(SOURCES), rows.tolist(), strict=True))


def test_names_and_rows_belong_together() -> None:
    assert ranker.feature_names(SOURCES) == (
        "sequence", "log_sequence", "co_view", "log_co_view",
        "is_last", "recency", "times_seen", "log_popularity",
    )  # fmt: skip
    assert len(table()) == 2 * len(SOURCES) + 4


def test_a_source_is_scaled_by_its_best() -> None:
    assert table()["sequence"] == [1.0, 0.5, 0.0]


def test_a_silent_source_says_zero() -> None:
    assert table()["co_view"] == [0.0, 0.0, 0.0]
    assert table()["log_co_view"] == [0.0, 0.0, 0.0]


def test_the_logarithm_starts_at_zero() -> None:
    expected = [math.log(a + 0.001) + 6.907755 for a in (1.0, 0.5)]
    assert table()["log_sequence"] == pytest.approx([*expected, 0.0], abs=1e-6)


def test_recency_is_one_over_the_steps_since_seen() -> None:
    assert table()["is_last"] == [1.0, 0.0, 0.0]
    assert table()["recency"] == [1.0, 0.0, 0.25]


def test_how_often_something_was_seen_is_a_logarithm() -> None:
    assert table()["times_seen"] == pytest.approx([math.log(3), 0.0, math.log(2)])


def test_popularity_is_a_logarithm_scaled_by_its_best() -> None:
    assert table()["log_popularity"] == pytest.approx([0.0, 1.0, math.log(2) / math.log(4)])


def test_an_act_s_share_is_the_mean_of_the_sources_that_speak() -> None:
    raw = np.array([[4.0, 2.0], [0.0, 8.0], [0.0, 0.0]])
    bought = np.array([[0.0, 2.0], [0.0, 4.0], [0.0, 0.0]])
    never = np.zeros(2, dtype=np.int32)
    rows = ranker.features(raw, never, never, np.zeros(2), (None, bought))
    names = ranker.feature_names(("a", "b", "c"), ("by_cart", "by_purchase"))
    shares = dict(zip(names, rows.tolist(), strict=True))
    assert shares["by_cart"] == [0.0, 0.0]
    assert shares["by_purchase"] == [0.0, (2 / 4 + 4 / 8) / 2]


def test_no_candidates_have_no_features() -> None:
    nobody = np.empty(0, dtype=np.int32)
    assert ranker.features(np.zeros((2, 0)), nobody, nobody, np.empty(0)).shape == (8, 0)


@given(arrays(np.float64, (3, 5), elements=numbers), arrays(np.float64, 3, elements=numbers))
def test_contributions_sum_to_the_score(
    features: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    weights: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> None:
    parts, scores = ranker.scored(features, weights)
    np.testing.assert_array_equal(parts, features * weights[:, None])
    np.testing.assert_array_equal(scores, parts.sum(axis=0))
    np.testing.assert_allclose(scores, weights @ features, atol=1e-9)


@given(st.lists(st.integers(0, 4), max_size=30), st.integers(0, 35))
def test_the_top_is_the_head_of_a_full_sort(values: list[int], limit: int) -> None:
    scores = np.array(values, dtype=np.float64)
    ids = np.array([(7 * i) % 31 for i in range(len(values))], dtype=np.int32)
    expected = sorted(range(len(values)), key=lambda i: (-values[i], ids[i]))[:limit]
    assert ranker.top(scores, ids, limit).tolist() == expected


def test_of_equal_scores_the_smaller_id_comes_first() -> None:
    ids = np.array([30, 10, 20], dtype=np.int32)
    assert ids[ranker.top(np.ones(3), ids, 2)].tolist() == [10, 20]
