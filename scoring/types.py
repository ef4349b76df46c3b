"""The array types that cross the borders of `scoring`."""

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]
#: Rows of the score table: one for each source.
RowArray = npt.NDArray[np.int8]
BoolArray = npt.NDArray[np.bool_]

#: Rows of a sparse matrix: where each starts (n + 1,), and the columns and weights of all, each row best first.
Rows = tuple[IntArray, IntArray, FloatArray]

#: What callers may hand in as weights: either, so that whoever keeps many lists may keep them in half the memory.
WeightArray = npt.NDArray[np.float32 | np.float64]

#: Integer counts as they come from the store, or counts already faded to fractions.
CountArray = npt.NDArray[np.integer | np.floating]
