"""The two-step walk, on graphs that one can walk by hand and against a dense reference."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array

from scoring import walk
from scoring.sparse_rows import strongest, to_one
from scoring.types import FloatArray
from scoring.walk import two_steps


def sparse(rows: list[list[float]]) -> csr_array:
    return csr_array(np.array(rows, dtype=np.float64))


def walked(after: FloatArray) -> FloatArray:
    """What `two_steps` finds, as a table."""
    first, then = np.nonzero(after)
    ahead = first.astype(np.int32), then.astype(np.int32), after[first, then]
    rows = two_steps(ahead, len(after))
    return np.asarray(csr_array((rows[2], rows[1], rows[0]), shape=after.shape).toarray())


def random_counts(seed: int, items: int, share: float) -> FloatArray:
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 50, (items, items)) + rng.random((items, items))
    return np.asarray(np.where(rng.random((items, items)) < share, counts, 0.0))


def dense_strongest(rows: FloatArray, kept: int) -> FloatArray:
    places = np.argsort(np.argsort(-rows, axis=1, kind="stable"), axis=1)
    return np.asarray(np.where(places < kept, rows, 0.0))


def dense_to_one(rows: FloatArray) -> FloatArray:
    sums = rows.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(rows, sums, out=np.zeros_like(rows), where=sums > 0))


def dense_two_steps(after: FloatArray) -> FloatArray:
    def ends(counts: FloatArray) -> FloatArray:
        counts = counts.copy()
        np.fill_diagonal(counts, 0.0)
        graph = dense_to_one(dense_strongest(counts, walk.EDGES_KEPT))
        square = graph @ graph
        np.fill_diagonal(square, 0.0)
        return dense_to_one(dense_strongest(square, walk.ENDS_KEPT))

    share = walk.ORDERED_SHARE
    both = dense_to_one(share * ends(after) + (1 - share) * ends(after + after.T))
    return dense_strongest(both, walk.KEPT)


def test_a_walk_finds_what_shares_company_without_having_met() -> None:
    # a and c were both seen before b, b before d; a and c never met.
    found = walked(np.array([[0.0, 4, 0, 0], [0, 0, 0, 2], [0, 4, 0, 0], [0, 0, 0, 0]]))
    assert found[0, 2] > 0
    assert found[0, 3] > 0
    assert found[0, 1] == 0


def test_a_walk_in_order_goes_on_and_one_without_order_also_turns_round() -> None:
    found = walked(np.array([[0.0, 6, 0], [0, 0, 3], [0, 0, 0]]))
    # From a both walks reach c, from c only the one that does not heed the order reaches a.
    assert_allclose(found, [[0, 0, 1], [0, 0, 0], [1, 0, 0]])


@pytest.mark.parametrize("items", [1, 7, 40])
@pytest.mark.parametrize("share", [0.05, 0.3, 1.0])
def test_a_walk_equals_the_dense_reference(items: int, share: float) -> None:
    after = random_counts(1, items, share)
    assert_allclose(walked(after), dense_two_steps(after), atol=1e-12)


def test_limits_hold_and_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("EDGES_KEPT", 5), ("ENDS_KEPT", 9), ("KEPT", 4), ("_BLOCK", 7)):
        monkeypatch.setattr(walk, name, value)
    after = random_counts(3, 30, 0.5)
    found = walked(after)
    assert (found > 0).sum(axis=1).max() == 4
    assert_allclose(found, dense_two_steps(after), atol=1e-12)


def test_an_item_is_never_its_own_neighbour_and_rows_are_shares() -> None:
    found = walked(random_counts(5, 30, 0.4))
    assert not found.diagonal().any()
    assert (found >= 0).all()
    assert (found.sum(axis=1) <= 1 + 1e-12).all()


def test_the_best_come_first_and_counts_of_the_same_pair_add_up() -> None:
    first, then = np.array([0, 0, 1, 1, 1], np.int32), np.array([1, 1, 2, 3, 3], np.int32)
    starts, others, weights = two_steps((first, then, np.array([2.0, 2, 3, 2, 4])), 4)
    assert others[: starts[1]].tolist() == [3, 2]
    assert weights[: starts[1]] == pytest.approx([2 / 3, 1 / 3])


def test_what_too_few_did_takes_no_part() -> None:
    first, then = np.array([0, 0, 0, 1], np.int32), np.array([1, 1, 2, 2], np.int32)
    starts, _, _ = two_steps((first, then, np.array([12.0, 12, 24, 12])), 3, least=24.0)
    assert starts.tolist() == [0, 0, 0, 0]
    starts, others, _ = two_steps((first, then, np.array([12.0, 13, 25, 12])), 3, least=24.0)
    assert (starts.tolist(), others.tolist()) == ([0, 0, 1, 2], [2, 1])


def test_nothing_counted_leads_nowhere() -> None:
    assert not walked(np.zeros((3, 3))).any()
    assert walked(np.zeros((0, 0))).shape == (0, 0)


def test_the_strongest_of_a_row_stay() -> None:
    rows = sparse([[3, 1, 2], [0, 5, 0], [0, 0, 0]])
    assert strongest(rows, 2).toarray().tolist() == [[3, 0, 2], [0, 5, 0], [0, 0, 0]]


def test_a_row_becomes_shares() -> None:
    assert to_one(sparse([[3, 1], [0, 0]])).toarray().tolist() == [[0.75, 0.25], [0, 0]]
