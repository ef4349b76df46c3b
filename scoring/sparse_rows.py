"""Rows of sparse matrices: cut, scaled, sorted. Needs SciPy (the extra `ml`): only models built in batch use it."""

import numpy as np
from scipy.sparse import csr_array

from scoring.types import Rows


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


def without_self(rows: csr_array, first: int = 0) -> csr_array:
    """Without the entries in which an item meets itself, and those not above 0; row 0 is item `first`."""
    items = np.repeat(np.arange(first, first + rows.shape[0]), np.diff(rows.indptr))
    others = (items != rows.indices) & (rows.data > 0)
    ends = np.concatenate([[0], np.cumsum(others)])[rows.indptr]
    return csr_array((rows.data[others], rows.indices[others], ends), shape=rows.shape)


def best_first(rows: csr_array) -> Rows:
    """The rows, each sorted by weight, ties to the smaller column."""
    of_row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    order = np.lexsort((rows.indices, -rows.data, of_row))
    starts = rows.indptr.astype(np.int32)
    return starts, rows.indices[order].astype(np.int32), rows.data[order].astype(np.float64)
