"""Turning counts into neighbour weights.

`both` = sessions (baskets) that hold the two items, `left` and `right` = those that hold one of
them, `total` = all of them. Counts may be fractions, because an old generation is faded.
"""

import numpy as np

from scoring.types import CountArray, FloatArray

#: Of the x ln x of the four cells, of the sums of rows and columns, and of the whole.
_SIGNS = np.array([1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, -1.0, 1.0])


def conditional(counts: CountArray, total: float) -> FloatArray:
    """counts / total, at most 1; all zeros when there is no total."""
    if total <= 0:
        return np.zeros(len(counts))
    return np.minimum(np.asarray(counts / total, dtype=np.float64), 1.0)


def shrunk(counts: CountArray, total: float, beta: float) -> FloatArray:
    """counts / (total + beta): beta > 0 holds back what rests on little evidence."""
    if total + beta <= 0:
        return np.zeros(len(counts))
    return np.asarray(counts / (total + beta), dtype=np.float64)


def log_likelihood_ratio(
    both: CountArray, left: float, right: CountArray, total: float
) -> FloatArray:
    """Dunning's G² of the 2 x 2 table of each pair (Dunning 1993), the weight itself, not a filter.

    0 where the items meet less often than chance would have it, and where a row or a column of the
    table is empty. Cells are clamped at 0: pruned or expired counts may contradict each other.
    """
    k11 = np.maximum(np.asarray(both, dtype=np.float64), 0.0)
    k12 = np.maximum(left - k11, 0.0)
    k21 = np.maximum(right - k11, 0.0)
    k22 = np.maximum(total - left - right + k11, 0.0)
    margins = [k11 + k12, k21 + k22, k11 + k21, k12 + k22]
    table = np.array([k11, k12, k21, k22, *margins, k11 + k12 + k21 + k22])
    ratio = 2.0 * (_SIGNS @ (table * np.log(np.where(table > 0, table, 1.0))))
    attracted = k11 * total > left * np.asarray(right, dtype=np.float64)
    return np.where(attracted, np.maximum(ratio, 0.0), 0.0)
