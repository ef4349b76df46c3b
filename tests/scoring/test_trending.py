"""Trending: old counts fade by half each half-life."""

import numpy as np

from scoring.trending import decayed
from scoring.types import IntArray


def ids(*numbers: int) -> IntArray:
    return np.array(numbers, dtype=np.int32)


def test_a_count_loses_half_its_weight_each_half_life() -> None:
    hours = [(0.0, ids(1, 2), np.array([2.0, 3.0])), (6.0, ids(3, 2), np.array([20.0, 2.0]))]
    items, scores = decayed(hours, half_life_h=3.0)
    assert items.tolist() == [3, 2, 1]
    assert scores.tolist() == [5.0, 3.5, 2.0]


def test_of_equally_popular_items_the_smaller_id_comes_first() -> None:
    assert decayed([(1.0, ids(7, 3), np.array([4.0, 4.0]))], 12.0)[0].tolist() == [3, 7]


def test_nothing_is_trending_where_nothing_was_counted() -> None:
    for nothing in ([], [(0.0, ids(), np.empty(0))]):
        assert [len(part) for part in decayed(nothing, 12.0)] == [0, 0]
