"""Finding ids among others without sorting: a work array that every request uses again."""

import numpy as np
import numpy.typing as npt

from scoring.types import BoolArray, IntArray


class Scratch:
    """A work array indexed by item id that renumbers and finds ids in O(n), without sorting or clearing.

    Lives as long as its owner and grows to the largest id seen (4 bytes an id). Each call writes
    the places that it then reads, so what earlier calls left there never matters; for the same
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
        at = ids.astype(np.intp)  # once here, instead of inside each of the five look-ups
        places = self.places(len(ids))
        self._write(at[::-1], places[::-1])  # the last write wins: the first appearance
        slot = self._slot
        first = (slot.take(at) == places).nonzero()[0]
        distinct = ids.take(first)
        slot[distinct] = places[: len(first)]
        return distinct, slot.take(at)

    def find(self, wanted: IntArray, among: IntArray) -> IntArray:
        """For each wanted id its first index in `among`, or -1."""
        guess, right = self._look_up(wanted, among)
        return np.where(right, guess, np.int32(-1))

    def found(self, wanted: IntArray, among: IntArray) -> tuple[npt.NDArray[np.intp], IntArray]:
        """Which of the wanted ids are in `among` (their places in `wanted`), and the first index of each there."""
        guess, right = self._look_up(wanted, among)
        which = right.nonzero()[0]
        return which, guess.take(which)

    def _look_up(self, wanted: IntArray, among: IntArray) -> tuple[IntArray, BoolArray]:
        if not len(among) or not len(wanted):
            return np.zeros(len(wanted), np.int32), np.zeros(len(wanted), np.bool_)
        self._write(among[::-1], self.places(len(among))[::-1])
        # An id beyond all that were ever written meets the last place, and is not what stands there.
        guess = self._slot.take(wanted, mode="clip")  # right, or left over from before
        return guess, np.asarray(among.take(guess, mode="clip") == wanted)

    def _write(self, at: npt.NDArray[np.integer], values: IntArray) -> None:
        try:
            self._slot[at] = values
        except IndexError:  # rare, and cheaper than to look for the largest each time
            size = max(int(at.max()) + 1, 2 * len(self._slot))
            self._slot = np.zeros(size, dtype=np.int32)
            self._slot[at] = values


def _places(count: int) -> IntArray:
    places = np.arange(count, dtype=np.int32)
    places.flags.writeable = False
    return places
