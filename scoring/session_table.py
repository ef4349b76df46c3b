"""Sessions as numbers, and their items in one flat array.

    number      0 .. sessions - 1, handed out in turn; the oldest is taken back when all are in use
    items       a ring of int32: [ .. | session 7 | session 8 | session 7 again | .. ]
    start (64-bit, counted from the first write ever), length     where a number's items stand

A session whose items the ring has overwritten is one whose items are not known. A number may be
handed on while somebody still holds it from before: then it names another session, which does no
harm in session kNN, because a neighbour that holds none of the current items does not vote.
"""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from scoring.scratch import Scratch
from scoring.types import BoolArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Sessions:
    """The items of several sessions, one after another: `lengths[i]` items belong to the i-th."""

    items: IntArray
    lengths: IntArray


class SessionTable:
    """Numbers for sessions and the items of those that are known; bounded, oldest out first.

    Lives as long as a worker, on its event loop: not thread-safe. A key may have a number before
    its items are known, because postings name sessions long before anybody asks what they hold.
    Memory is reserved by the bounds but only touched as it fills: 4 bytes an item, 12 a session
    and the dictionary entry of its key.
    """

    def __init__(self, items: int = 1 << 22, sessions: int = 1 << 19) -> None:
        """Keep at most `items` items (rounded up to a power of two) and `sessions` numbers."""
        self.scratch = Scratch()
        self._capacity = 1 << (max(items, 1) - 1).bit_length()
        self._ring: IntArray = np.empty(self._capacity, dtype=np.int32)
        self._written = 0
        self._numbers: dict[Hashable, int] = {}
        self._keys: list[Hashable] = []
        self._sessions = sessions
        self._handed_out = 0
        self._start = np.zeros(sessions, dtype=np.int64)
        self._length: IntArray = np.zeros(sessions, dtype=np.int32)

    def __len__(self) -> int:
        """How many sessions have a number."""
        return len(self._numbers)

    @property
    def capacity(self) -> int:
        """How many numbers there are at most: every number is below."""
        return self._sessions

    def number(self, key: Hashable) -> int | None:
        """The number of a session, if it has one."""
        return self._numbers.get(key)

    def key(self, number: int) -> Hashable:
        """The session that a number names now. IndexError for a number never handed out."""
        return self._keys[number]

    def intern(self, key: Hashable) -> int:
        """The number of a session, taking the oldest one back when none is free."""
        known = self._numbers.get(key)
        if known is not None:
            return known
        number = self._handed_out % self._sessions
        if self._handed_out < self._sessions:
            self._keys.append(key)
        else:
            self._release(number)
            self._keys[number] = key
        self._handed_out += 1
        self._numbers[key] = number
        return number

    def put(self, key: Hashable, items: IntArray) -> int:
        """Know the items of a session, oldest first, in place of what was known; its number.

        Of a repeated item only the last place is kept.
        """
        number = self.intern(key)
        kept = _at_last_place(items)[-self._capacity :]
        places = np.arange(self._written, self._written + len(kept)) & (self._capacity - 1)
        self._ring[places] = kept
        self._start[number], self._length[number] = self._written, len(kept)
        self._written += len(kept)
        return number

    def forget(self, key: Hashable) -> None:
        """Know nothing of a session any more, not even its number."""
        number = self._numbers.pop(key, None)
        if number is not None:
            self._length[number] = 0

    def knows(self, numbers: IntArray) -> BoolArray:
        """Which sessions' items are here."""
        still_there = self._start.take(numbers) >= self._written - self._capacity
        return np.asarray(still_there & (self._length.take(numbers) > 0))

    def sessions(self, numbers: IntArray) -> Sessions:
        """The items of these sessions; none for those that are not known."""
        lengths = self._length.take(numbers) * self.knows(numbers)
        shifts = (self._start.take(numbers) - lengths.cumsum() + lengths).repeat(lengths)
        places = (shifts + self.scratch.places(len(shifts))) & (self._capacity - 1)
        return Sessions(self._ring.take(places), lengths)

    def _release(self, number: int) -> None:
        self._length[number] = 0
        former = self._keys[number]
        if self._numbers.get(former) == number:
            del self._numbers[former]


def _at_last_place(items: IntArray) -> IntArray:
    kept = dict.fromkeys(reversed(items.tolist()))
    return np.array(list(kept)[::-1], dtype=np.int32)
