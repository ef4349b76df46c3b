"""EASE against its formula, and on baskets with a known structure."""

import numpy as np
import pytest

from scoring.ease import ease
from scoring.types import FloatArray, IntArray

Filled = tuple[IntArray, IntArray]


def drawn(baskets: int, items: int, seed: int) -> Filled:
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, baskets, 6 * baskets).astype(np.int32)
    return rows, rng.integers(0, items, 6 * baskets).astype(np.int32)


def table_of(filled: Filled, items: int, penalty: float) -> FloatArray:
    starts, columns, weights = ease(*filled, items, penalty)
    table = np.zeros((items, items))
    table[np.repeat(np.arange(items), np.diff(starts)), columns] = weights
    return table


@pytest.mark.parametrize("penalty", [1.0, 50.0])
def test_it_is_the_closed_form(penalty: float) -> None:
    filled, items = drawn(40, 12, 1), 12
    binary = np.zeros((40, items))
    binary[filled] = 1.0
    inverse = np.linalg.inv(binary.T @ binary + penalty * np.eye(items))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0.0)
    assert table_of(filled, items, penalty) == pytest.approx(np.maximum(expected, 0.0), abs=1e-9)


def test_what_completes_a_basket_comes_first() -> None:
    rows = np.repeat(np.arange(30), 2).astype(np.int32)
    pairs = np.array([[0, 1], [2, 3], [0, 4]] * 10, np.int32).ravel()
    starts, columns, _ = ease(rows, pairs, 6)
    assert columns[starts[2]] == 3
    assert set(columns[starts[0] : starts[1]].tolist()) == {1, 4}
    assert starts[6] == starts[5]  # nobody has bought item 5


def test_an_item_twice_in_a_basket_counts_once() -> None:
    once = np.array([0, 0, 1, 1], np.int32), np.array([0, 1, 0, 2], np.int32)
    twice = np.append(once[0], 0).astype(np.int32), np.append(once[1], 0).astype(np.int32)
    assert table_of(once, 3, 1.0) == pytest.approx(table_of(twice, 3, 1.0))


def test_without_baskets_there_are_no_lists() -> None:
    starts, columns, _ = ease(np.empty(0, np.int32), np.empty(0, np.int32), 2)
    assert (starts.tolist(), len(columns)) == ([0, 0, 0], 0)
