"""Lists that are not all of one kind."""

import numpy as np
import pytest

from scoring.diversity import NO_GROUP, Cap, choose, unit_vectors
from scoring.types import FloatArray, IntArray

SCORES = np.array([4.0, 3.0, 2.0, 1.0])


def vectors(*items: str) -> FloatArray:
    """Items by their tokens, each one letter."""
    return unit_vectors([[(token, 1.0) for token in item] for item in items])


def groups(*numbers: int) -> IntArray:
    return np.array(numbers, dtype=np.int32)


def test_without_diversity_the_best_come_first() -> None:
    assert choose(SCORES, 3) == [0, 1, 2]


def test_what_is_alike_gives_way_to_what_is_not() -> None:
    alike = vectors("a", "a", "b", "c")
    assert choose(SCORES, 2, 0.5, alike) == [0, 2]
    assert choose(SCORES, 2, 0.1, alike) == [0, 1]


def test_at_full_diversity_only_the_first_is_chosen_by_its_score() -> None:
    assert choose(SCORES, 4, 1.0, vectors("ab", "ab", "ax", "z")) == [0, 3, 2, 1]


def test_the_least_alike_of_all_chosen_counts() -> None:
    """The third is like the second; the fourth is like nothing."""
    assert choose(SCORES, 3, 1.0, vectors("a", "b", "b", "c")) == [0, 1, 3]


def test_what_nothing_is_known_of_is_like_nothing() -> None:
    table = vectors("", "", "a")
    assert table.shape == (3, 1)
    assert choose(SCORES[:3], 3, 0.9, table) == [0, 1, 2]


def test_rows_are_of_length_one_and_products_are_cosines() -> None:
    table = unit_vectors([[("a", 2.0), ("b", 1.0)], [("a", 1.0)]])
    assert table[0] @ table[0] == pytest.approx(1.0)
    assert table[0] @ table[1] == pytest.approx(2 / np.sqrt(5))


def test_no_group_is_chosen_from_more_often_than_its_cap() -> None:
    assert choose(SCORES, 4, caps=[Cap(groups(1, 1, 1, 2), 2)]) == [0, 1, 3]
    assert choose(SCORES, 4, caps=[Cap(groups(1, 1, 1, 1), 1)]) == [0]


def test_what_belongs_to_no_group_is_not_capped() -> None:
    none = groups(*[NO_GROUP] * 4)
    assert choose(SCORES, 4, caps=[Cap(none, 1)]) == [0, 1, 2, 3]


def test_all_caps_hold_together() -> None:
    by_brand, by_category = Cap(groups(1, 2, 1, 2), 1), Cap(groups(1, 1, 2, 3), 1)
    assert choose(SCORES, 4, caps=[by_brand, by_category]) == [0, 3]


def test_caps_hold_in_a_diverse_list_too() -> None:
    capped = Cap(groups(1, 2, 1, 2), 1)
    assert choose(SCORES, 4, 0.5, vectors("a", "a", "b", "c"), [capped]) == [0, 3]


def test_equals_stay_in_their_order() -> None:
    assert choose(np.ones(3), 3) == [0, 1, 2]
    assert choose(np.ones(3), 3, 0.5, vectors("a", "b", "c")) == [0, 1, 2]


def test_of_nothing_nothing_is_chosen() -> None:
    assert choose(np.empty(0), 5) == []
    assert choose(SCORES, 0) == []
