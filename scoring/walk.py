"""Where a random walk over the pair counts is after two steps: items that share company without having met.

Needs SciPy (the extra `ml`): only the process that builds models imports this module.
"""

import numpy as np
from scipy.sparse import csr_array, vstack

EDGES_KEPT = 60
ENDS_KEPT = 200
KEPT = 100
#: The walk that heeds the order of views counts so much, the one that does not the rest (chosen on validation data).
ORDERED_SHARE = 0.3
_BLOCK = 2_048  # rows squared at a time: a whole square of a large shop would not fit into memory


def two_steps(after: csr_array, before: csr_array) -> csr_array:
    """The neighbours of each item after two steps: rows that sum to at most 1, the KEPT strongest, never itself.

    `after` (n, n): how often the column's item was viewed after the row's; `before` the other direction.
    """
    free, ordered = _graph(after + before), _graph(after)
    blocks = [
        _block(free, ordered, start, start + _BLOCK) for start in range(0, free.shape[0], _BLOCK)
    ]
    return csr_array(vstack(blocks, format="csr")) if blocks else free


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
