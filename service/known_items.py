"""Which items the catalogue holds, for the hot path: remembered for a while, and asked for together."""

from collections import OrderedDict
from collections.abc import Callable, Iterable

from service.bounded import keep_newest
from service.shared_reads import SharedReads
from store.catalogue import CatalogueStore

MAX_AGE_MS = 30_000
CAPACITY = 100_000
READS_PER_CALL = 500


class KnownItems:
    """Remembers only items that are there, so that made-up names take no memory. Lives as long as the worker.

    A new item is known at once, a deleted one up to 30 s longer.
    """

    def __init__(self, store: CatalogueStore, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._seen_ms: OrderedDict[str, int] = OrderedDict()
        self._reads: SharedReads[str, bool] = SharedReads(self._read, READS_PER_CALL)

    def unsure(self, items: Iterable[str]) -> list[str]:
        """Those that are not remembered to be in the catalogue."""
        oldest_ms = self._clock() - MAX_AGE_MS
        return [item for item in items if self._seen_ms.get(item, oldest_ms) <= oldest_ms]

    async def among(self, items: Iterable[str]) -> frozenset[str]:
        """Those that are in the catalogue. One round trip, shared with who asks meanwhile; none when all are
        remembered.
        """
        named = frozenset(items)
        asked = self.unsure(named)
        if not asked:
            return named
        found = await self._reads.get(asked)
        return named.difference(item for item in asked if not found[item])

    async def _read(self, items: list[str]) -> list[bool]:
        now_ms, missing = self._clock(), await self._store.missing(items)
        for item in items:
            if item not in missing:
                keep_newest(self._seen_ms, item, now_ms, CAPACITY)
        return [item not in missing for item in items]
