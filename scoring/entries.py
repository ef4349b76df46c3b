"""What lists of items say, and what of it is readers' own: what candidates are gathered from."""

from dataclasses import dataclass

import numpy as np

from scoring.types import FloatArray, IntArray, RowArray


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """What one item, or a list such as trending, says: `ids` (n,) with their `weights` (n,) in the `sources` (n,), rows
    of the score table. An id may stand there again, in the same source too: that adds up.

    `parts` (n,): of which kind (a number below 8) an echo of the entry is, 0 where it has none.
    """

    ids: IntArray
    sources: RowArray
    weights: FloatArray
    parts: RowArray

    def __len__(self) -> int:
        return len(self.ids)


#: What says nothing.
SILENCE = Entries(np.empty(0, np.int32), np.empty(0, np.int8), np.empty(0), np.empty(0, np.int8))


@dataclass(slots=True, eq=False)
class Echo:
    """What readers have themselves added to what is said, to be taken away where it is said (n,).

    `lists`: by which of the evidence's lists; `parts` (> 0): by entries of which kind; `sources` and `amounts`: of
    which source how much, as it counts.
    """

    lists: IntArray
    parts: RowArray
    sources: RowArray
    ids: IntArray
    amounts: FloatArray

    def __len__(self) -> int:
        return len(self.ids)


NO_ECHO = Echo(SILENCE.ids, SILENCE.parts, SILENCE.sources, SILENCE.ids, SILENCE.weights)
