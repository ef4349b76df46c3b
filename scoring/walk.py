"""Where a random walk over the pair counts is after two steps: items that share company without having met.

Needs SciPy (the extra `ml`): only the process that builds models imports this module.
"""

import numpy as np
from scipy.sparse import csr_array, vstack

from scoring.types import FloatArray, IntArray

EDGES_KEPT = 60
ENDS_KEPT = 200
KEPT = 100
#: The walk that heeds the order of views counts so much, the one that does not the rest (chosen on validation data).
ORDERED_SHARE = 0.3
_BLOCK = 2_048  # rows squared at a time: a whole square of a large shop would not fit into memory


def two_steps(
    ahead: tuple[IntArray, IntArray, FloatArray], items: int
) -> tuple[IntArray, IntArray, FloatArray]:
    """Rows (n + 1,), columns and weights > 0 of each of n `items`: its neighbours after two steps, best first.

    At most KEPT each, never the item itself, weights that sum to at most 1. `ahead`: an item, one that was viewed
    after it, and how often; what stands there twice is added up.
    """
    first, then, counts = ahead
    after = csr_array((counts, (first, then)), shape=(items, items))
    free, ordered = _graph(after + after.T), _graph(after)
    blocks = [_block(free, ordered, start, start + _BLOCK) for start in range(0, items, _BLOCK)]
    return _best_first(csr_array(vstack(blocks, format="csr")) if blocks else free)


def strongest(rows: csr_array, kept: int) -> csr_array:
    """The `kept` greatest entries of each row."""
    lengths = np.diff(rows.indptr)
    keep = np.repeat(lengths <= kept, lengths)
    for row in np.flatnonzero(lengths > kept).tolist():
        start, stop = rows.indptr[row], rows.indptr[row + 1]
        keep[start + np.argpartition(rows.data[start:stop], -kept)[-kept:]] = True
    ends = np.concatenate([[0], np.cumsum(np.minimum(lengths, kept))])
    return csr_array((rows.data[keep], rows.indices[keep], ends), shape=rows.shape)


def to_one(rows: csr_array) -> csr_array:
    """Each row divided by its sum; an empty one stays empty."""
    sums = np.asarray(rows.sum(axis=1))
    shares = rows.data / np.repeat(sums, np.diff(rows.indptr))
    return csr_array((shares, rows.indices, rows.indptr), shape=rows.shape)


def _graph(counts: csr_array) -> csr_array:
    """The odds of each step."""
    return to_one(strongest(_without_self(csr_array(counts), 0), EDGES_KEPT))


def _block(free: csr_array, ordered: csr_array, start: int, stop: int) -> csr_array:
    both = _ends(ordered, start, stop) * ORDERED_SHARE + _ends(free, start, stop) * (
        1 - ORDERED_SHARE
    )
    return strongest(to_one(csr_array(both)), KEPT)


def _ends(graph: csr_array, start: int, stop: int) -> csr_array:
    """Where two steps from these rows lead, apart from back."""
    ends = _without_self(csr_array(graph[start:stop] @ graph), start)
    return to_one(strongest(ends, ENDS_KEPT))


def _without_self(rows: csr_array, first: int) -> csr_array:
    """Without the entries in which an item meets itself; row 0 is item `first`."""
    items = np.repeat(np.arange(first, first + rows.shape[0]), np.diff(rows.indptr))
    others = (items != rows.indices) & (rows.data > 0)
    ends = np.concatenate([[0], np.cumsum(others)])[rows.indptr]
    return csr_array((rows.data[others], rows.indices[others], ends), shape=rows.shape)


def _best_first(rows: csr_array) -> tuple[IntArray, IntArray, FloatArray]:
    of_row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    order = np.lexsort((rows.indices, -rows.data, of_row))
    return rows.indptr.astype(np.int32), rows.indices[order].astype(np.int32), rows.data[order]
