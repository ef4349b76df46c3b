"""EASE against its formula, and on baskets with a known structure."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from scoring import ease as module
from scoring.ease import ease, penalty_for
from scoring.types import FloatArray, IntArray

Filled = tuple[IntArray, IntArray, FloatArray]
ITEMS = 12


def drawn(baskets: int, seed: int) -> Filled:
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, baskets, 6 * baskets).astype(np.int32)
    held = rng.integers(0, ITEMS, 6 * baskets).astype(np.int32)
    return rows, held, np.ones(6 * baskets)


def baskets(*held: str) -> Filled:
    """Baskets of items named a, b, c ..."""
    rows = [(number, ord(item) - ord("a")) for number, items in enumerate(held) for item in items]
    table = np.array(rows, np.int32)
    return table[:, 0], table[:, 1], np.ones(len(rows))


def table_of(filled: Filled, items: int = ITEMS, **options: float) -> FloatArray:
    starts, columns, weights = ease(filled, items, **options)  # type: ignore[arg-type]  # as named
    return np.asarray(csr_array((weights, columns, starts), shape=(items, items)).toarray())


def dense(filled: Filled, penalty: float) -> FloatArray:
    """The formula as it stands."""
    of, held, weights = filled
    binary, weight = np.zeros((of.max() + 1, ITEMS)), np.zeros(of.max() + 1)
    binary[of, held] = 1.0
    weight[of] = weights
    inverse = np.linalg.inv(binary.T @ (weight[:, None] * binary) + penalty * np.eye(ITEMS))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0.0)
    return np.asarray(np.maximum(expected, 0.0))


@pytest.mark.parametrize("penalty", [1.0, 50.0])
@pytest.mark.parametrize("block", [1, 5, 512])
def test_it_is_the_closed_form(penalty: float, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", block)
    filled = drawn(40, 1)
    assert table_of(filled, penalty=penalty) == pytest.approx(dense(filled, penalty), abs=1e-9)


def test_single_precision_hardly_changes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DOUBLE_MAX", 0)
    filled = drawn(40, 1)
    assert table_of(filled, penalty=1.0) == pytest.approx(dense(filled, 1.0), abs=1e-5)


def test_an_old_basket_weighs_less() -> None:
    of, held, _ = drawn(40, 1)
    faded = of, held, np.where(of % 3, 0.25, 1.0)
    assert table_of(faded, penalty=1.0) == pytest.approx(dense(faded, 1.0), abs=1e-9)


def test_what_completes_a_basket_comes_first() -> None:
    starts, columns, _ = ease(baskets(*["ab", "cd", "ae"] * 10), 6)
    assert columns[starts[2]] == 3
    assert set(columns[starts[0] : starts[1]].tolist()) == {1, 4}
    assert starts[6] == starts[5]  # nobody has bought item 5


def test_each_row_is_cut_to_its_best(monkeypatch: pytest.MonkeyPatch) -> None:
    filled = drawn(60, 2)
    everything = table_of(filled)
    monkeypatch.setattr(module, "KEPT", 3)
    kept = table_of(filled)
    assert ((kept > 0).sum(axis=1) == 3).all()
    assert kept.sum(axis=1) == pytest.approx(np.sort(everything)[:, -3:].sum(axis=1))


def test_an_item_twice_in_a_basket_counts_once() -> None:
    assert table_of(baskets("ab", "ac"), 3) == pytest.approx(table_of(baskets("aba", "ac"), 3))


def test_beyond_the_most_popular_items_are_as_alike_as_their_baskets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SOLVED_MAX", 2)
    found = table_of(baskets("ab", "ab", "ac", "ad", "bd"), 4)
    assert found[2].tolist() == [pytest.approx(1 / np.sqrt(4)), 0, 0, 0]
    assert found[3, :2] == pytest.approx([1 / np.sqrt(2 * 4), 1 / np.sqrt(2 * 3)])
    assert found[0, 1] > 0
    assert not found[:2, 2:].any()


def test_with_a_support_only_proven_pairs_are_named() -> None:
    filled = baskets("abc", "ab", "ad", "bd")
    assert np.argwhere(table_of(filled, 4, support=2)).tolist() == [[0, 1], [1, 0]]


def test_without_baskets_there_are_no_lists() -> None:
    nothing = np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0)
    assert not table_of(nothing, 2).any()
    assert len(ease(nothing, 0)[0]) == 1


@pytest.mark.parametrize(("lengths", "penalty"), [([2, 4], 100.0), ([50, 100], 300.0), ([], 100.0)])
def test_long_baskets_ask_for_a_greater_penalty(lengths: list[int], penalty: float) -> None:
    of = np.repeat(np.arange(len(lengths)), lengths).astype(np.int32)
    assert penalty_for(of) == penalty
