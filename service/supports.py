"""In how many sessions and baskets each item was held, remembered for a while in arrays."""

from collections.abc import Callable

import numpy as np
import numpy.ma  # np.unique wants it, and would load it while requests wait

from scoring.types import FloatArray, IntArray
from service.numbering import ItemNumbers
from store.item_state import ItemStore, Support

MAX_AGE_MS = 30_000
POPULARITY_AGE_MS = 600_000  # of the logarithm of a count nobody sees ten minutes
POPULARITY_PAUSE_MS = 1_000
READS_PER_CALL = 500  # a script that reads more holds up the events of all workers


class Supports:
    """Support by item number, read again when older than 30 s. Lives as long as the near cache."""

    def __init__(self, store: ItemStore, numbers: ItemNumbers, clock: Callable[[], int]) -> None:
        self._store = store
        self._numbers = numbers
        self._clock = clock
        self._sessions: FloatArray = np.zeros(1024)
        self._baskets: FloatArray = np.zeros(1024)
        self._read_ms = np.zeros(1024, dtype=np.int64)
        self._forgets = 0
        self._next_popularity_ms = 0
        self.totals = Support(0.0, 0.0)

    def sessions(self, numbers: IntArray) -> FloatArray:
        """What is remembered, however old; 0 for items never asked for."""
        self._cover()
        found: FloatArray = self._sessions.take(numbers)
        return found

    def baskets(self, numbers: IntArray) -> FloatArray:
        self._cover()
        return self._baskets[numbers]

    def unread(self, numbers: IntArray) -> IntArray:
        """Those that were never read."""
        self._cover()
        unread: IntArray = numbers[self._read_ms.take(numbers) == 0]
        return unread

    async def refresh(self, numbers: IntArray) -> None:
        """Reads those that are too old. One round trip, none when all are young."""
        self._cover()
        now_ms = self._clock()
        aged = numbers[self._read_ms.take(numbers) <= now_ms - MAX_AGE_MS]
        if not len(aged):
            return
        old = np.unique(aged)
        for start in range(0, len(old), READS_PER_CALL):
            await self.read(old[start : start + READS_PER_CALL])

    async def learn(self, numbers: IntArray) -> bool:
        """Reads what was never read, and now and then what is ten minutes old; whether it read anything.

        `numbers`: each one once. One round trip, mostly none.
        """
        self._cover()
        now_ms, read_ms = self._clock(), self._read_ms.take(numbers)
        if np.minimum.reduce(read_ms, initial=1) and now_ms < self._next_popularity_ms:
            return False
        old = numbers[read_ms <= now_ms - POPULARITY_AGE_MS]
        if not len(old):
            return False
        self._next_popularity_ms = now_ms + POPULARITY_PAUSE_MS
        await self.read(old)
        return True

    async def read(self, old: IntArray) -> None:
        """Reads them anew, each of them once. One round trip."""
        now_ms = self._clock()
        items = [self._numbers.item(number) for number in old.tolist()]
        forgets = self._forgets
        self.totals, supports = await self._store.supports(items, now_ms)
        self._cover()
        self._sessions[old] = [support.sessions for support in supports]
        self._baskets[old] = [support.baskets for support in supports]
        # Forgotten meanwhile: good for who waits, and too old for who comes after.
        self._read_ms[old] = now_ms if forgets == self._forgets else 0

    def forget(self) -> None:
        """Drops everything. What is being read is not kept."""
        self._sessions[:] = 0.0
        self._baskets[:] = 0.0
        self._read_ms[:] = 0
        self._forgets += 1

    def _cover(self) -> None:
        missing = len(self._numbers) - len(self._read_ms)
        if missing > 0:
            missing += len(self._read_ms)
            self._sessions = np.concatenate([self._sessions, np.zeros(missing)])
            self._baskets = np.concatenate([self._baskets, np.zeros(missing)])
            self._read_ms = np.concatenate([self._read_ms, np.zeros(missing, dtype=np.int64)])
