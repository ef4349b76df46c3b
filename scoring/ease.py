"""EASE: which items complete a basket, from how baskets are filled (Steck, WWW 2019).

    G = X'X over baskets X (binary)      P = (G + lambda I)^-1      B_ij = -P_ij / P_jj, diagonal 0

Solved for the most popular items only, since time grows with the cube of their number. Needs SciPy (the extra `ml`):
import this module only where models are built.
"""

import numpy as np
import scipy.linalg
import scipy.sparse

from scoring.types import FloatArray, IntArray

ITEMS_MAX = 10_000
KEPT = 100
PENALTY = 100.0


def ease(
    baskets: IntArray, held: IntArray, items: int, penalty: float = PENALTY
) -> tuple[IntArray, IntArray, FloatArray]:
    """Rows (n + 1,), columns and weights > 0 of each of n `items`, each row best first.

    `baskets` and `held`: an item in a basket each; repeats count once. Items beyond the 10,000 most popular have none.
    """
    if not len(held):
        return np.zeros(items + 1, np.int32), np.empty(0, np.int32), np.empty(0)
    ones = np.ones(len(held), dtype=np.float32)
    shape = (int(baskets.max()) + 1, items)
    filled = scipy.sparse.csr_array((ones, (baskets, held)), shape=shape)
    filled.data[:] = 1.0
    popularity = np.asarray(filled.sum(axis=0)).ravel()
    chosen = np.sort(np.argsort(-popularity, kind="stable")[:ITEMS_MAX]).astype(np.int32)
    chosen = chosen[popularity[chosen] > 0]
    weights = _solved(filled[:, chosen], penalty)
    return _rows_of(weights, chosen, items)


def _solved(filled: scipy.sparse.csr_array, penalty: float) -> FloatArray:
    gram = (filled.T @ filled).toarray().astype(np.float64)
    gram[np.diag_indices_from(gram)] += penalty
    factor = scipy.linalg.cho_factor(gram, overwrite_a=True, check_finite=False)
    inverse = scipy.linalg.cho_solve(factor, np.eye(len(gram)), overwrite_b=True)
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return np.asarray(weights)


def _rows_of(
    weights: FloatArray, chosen: IntArray, items: int
) -> tuple[IntArray, IntArray, FloatArray]:
    best = np.argsort(-weights, axis=1, kind="stable")[:, :KEPT]
    values = np.take_along_axis(weights, best, axis=1)
    kept = values > 0
    starts = np.zeros(items + 1, dtype=np.int32)
    starts[chosen + 1] = kept.sum(axis=1)
    return np.cumsum(starts, dtype=np.int32), chosen[best[kept]], values[kept]
