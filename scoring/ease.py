"""EASE: which items complete a basket, from how baskets are filled (Steck, WWW 2019).

    G = X'WX over baskets X (binary, W their weights)      P = (G + lambda I)^-1      B_ij = -P_ij / P_jj, diagonal 0

Solved for the most popular items only, since time grows with the cube of their number and memory with its square; the
others have the cosine of their basket counts. Needs SciPy (the extra `ml`): only the process that builds models imports
this module.
"""

import numpy as np
from scipy.linalg.lapack import get_lapack_funcs
from scipy.sparse import csr_array, vstack

from scoring.sparse_rows import best_first, strongest, without_self
from scoring.types import FloatArray, IntArray, Rows

SOLVED_MAX = 10_000
DOUBLE_MAX = 4_000  # items up to which memory allows double precision
KEPT = 100
#: lambda: the longer baskets are, the more pairs meet by chance (both chosen on validation data).
LEAST_PENALTY, PENALTY_PER_ITEM = 100.0, 4.0
_BLOCK = 512


def ease(
    baskets: tuple[IntArray, IntArray, FloatArray],
    items: int,
    support: int = 1,
    penalty: float | None = None,
) -> Rows:
    """Each of n `items` with what completes a basket that holds it: at most KEPT, weights > 0, best first.

    `baskets`: a basket, an item in it, and the basket's weight; an item that stands there twice counts once. `support`:
    where it is more than 1, only items that so many baskets hold together are named.
    """
    together = _together(baskets, items)
    held = together.diagonal()
    popular = np.argsort(-held, kind="stable")[:SOLVED_MAX]
    solved = np.sort(popular[held[popular] > 0]).astype(np.int32)
    others = np.setdiff1d(np.arange(items), solved)
    penalty = penalty_for(baskets[0]) if penalty is None else penalty
    rows = vstack([_completing(together, solved, penalty), _alike(together, held)[others]])
    rows = csr_array(rows)[np.argsort(np.concatenate([solved, others]))]
    if support > 1:
        rows = rows.multiply(together >= support)
    return best_first(csr_array(rows))


def penalty_for(of: IntArray) -> float:
    """Lambda for baskets of which each entry names one: 4 times the mean number of items, 100 at least."""
    count = len(np.unique(of))
    return max(LEAST_PENALTY, PENALTY_PER_ITEM * len(of) / max(count, 1))


def _together(baskets: tuple[IntArray, IntArray, FloatArray], items: int) -> csr_array:
    """How many baskets hold both items; on the diagonal, how many hold the one."""
    of, held, weights = baskets
    shape = (int(of.max()) + 1 if len(of) else 0, items)
    filled = csr_array((np.ones(len(of)), (of, held)), shape=shape)
    filled.data[:] = 1.0
    weight = np.zeros(shape[0])
    weight[of] = weights
    weighed = np.repeat(weight, np.diff(filled.indptr))
    return csr_array(
        filled.T @ csr_array((weighed, filled.indices, filled.indptr), shape=filled.shape)
    )


def _completing(together: csr_array, solved: IntArray, penalty: float) -> csr_array:
    """B's rows of the solved items."""
    width = together.shape[1]
    if not len(solved):
        return csr_array((0, width))
    inverse = _inverse(together[solved][:, solved], penalty)
    scale = -1.0 / np.diag(inverse)
    rows = csr_array(
        vstack([_block(inverse, scale, start) for start in range(0, len(solved), _BLOCK)])
    )
    return csr_array((rows.data, solved[rows.indices], rows.indptr), shape=(len(solved), width))


def _inverse(gram: csr_array, penalty: float) -> FloatArray:
    """Of the Gram matrix with the penalty, in place of it: the upper half holds it, since it is symmetric."""
    precision = np.float64 if gram.shape[0] <= DOUBLE_MAX else np.float32
    square = gram.astype(precision).toarray(order="F")
    square[np.diag_indices_from(square)] += penalty
    factorise, invert = get_lapack_funcs(("potrf", "potri"), (square,))
    factor, _ = factorise(square, overwrite_a=True)  # a penalty makes it positive definite
    inverse, _ = invert(factor, overwrite_c=True)
    return np.asarray(inverse)


def _block(inverse: FloatArray, scale: FloatArray, start: int) -> csr_array:
    """Some rows of B, as far as they are above 0."""
    stop = min(start + _BLOCK, len(inverse))
    middle = np.triu(inverse[start:stop, start:stop])
    middle += np.triu(middle, 1).T
    whole = [inverse[:start, start:stop].T, middle, inverse[start:stop, stop:]]
    weights = np.concatenate(whole, axis=1) * scale
    weights[np.arange(stop - start), np.arange(start, stop)] = 0.0
    return strongest(csr_array(np.maximum(weights, 0.0)), KEPT)


def _alike(together: csr_array, held: FloatArray) -> csr_array:
    """The cosine of each two items' baskets."""
    pairs = without_self(together)
    rows = np.repeat(np.arange(len(held)), np.diff(pairs.indptr))
    pairs.data /= np.sqrt(held[rows] * held[pairs.indices])
    return strongest(pairs, KEPT)
