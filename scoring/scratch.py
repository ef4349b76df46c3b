"""Finding ids among others without sorting: a work array that every request uses again."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import numpy as np

from scoring import kernels
from scoring.types import IntArray

T = TypeVar("T")


class Scratch:
    """A work array indexed by item id that renumbers and finds ids in O(n), without sorting or clearing.

    Lives as long as its owner and grows to the largest id seen (4 bytes an id). No call
    believes what it has not written, so what earlier ones left there never matters; for the same
    reason two threads must not share one. Ids are >= 0.
    """

    def __init__(self, size: int = 1024) -> None:
        """Start with room for ids below `size`."""
        self._slot: IntArray = np.zeros(size, dtype=np.int32)
        self._places = _places(1024)

    def places(self, count: int) -> IntArray:
        """0, 1, ... `count` - 1: to be read only, so nobody needs an array of their own."""
        if count > len(self._places):
            self._places = _places(2 * count)
        return self._places[:count]

    def renumber(self, ids: IntArray) -> tuple[IntArray, IntArray]:
        """Distinct ids in order of first appearance, and for each entry its number among them."""
        return self.use([ids], lambda slot: kernels.renumber(ids, slot))

    def find(self, wanted: IntArray, among: IntArray) -> IntArray:
        """For each wanted id its first index in `among`, or -1."""
        places = np.full(len(wanted), -1, dtype=np.int32)
        which, at = self.found(wanted, among)
        places[which] = at
        return places

    def found(self, wanted: IntArray, among: IntArray) -> tuple[IntArray, IntArray]:
        """Which of the wanted ids are in `among` (their places in `wanted`), and the first index of each there."""
        return self.use([among], lambda slot: kernels.found(among, wanted, slot))

    def use(self, ids: Iterable[IntArray], kernel: Callable[[IntArray], T]) -> T:
        """What a kernel makes of the work array, where it may write at the places of these ids and nowhere else."""
        try:
            return kernel(self._slot)
        except IndexError:  # rare, and cheaper than to look for the largest each time
            largest = max(int(some.max(initial=-1)) for some in ids)
            if largest < len(self._slot):
                raise
            self._slot = np.zeros(max(largest + 1, 2 * len(self._slot)), dtype=np.int32)
            return kernel(self._slot)


def _places(count: int) -> IntArray:
    places = np.arange(count, dtype=np.int32)
    places.flags.writeable = False
    return places
