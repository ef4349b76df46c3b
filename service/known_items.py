"""Which items the catalogue holds, for the hot path: remembered for a while, and asked for together."""

from collections import OrderedDict
from collections.abc import Callable, Iterable

from service.batching import Batches
from service.bounded import keep_newest
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
        # Not SharedReads: who asks for an item that was put meanwhile must not be answered by a read from before.
        self._reads: Batches[str, bool] = Batches(self._read, limit=READS_PER_CALL)

    def unsure(self, items: Iterable[str]) -> list[str]:
        """Those that are not remembered to be in the catalogue."""
        oldest_ms = self._clock() - MAX_AGE_MS
        return [item for item in items if self._seen_ms.get(item, oldest_ms) <= oldest_ms]

    async def among(self, items: Iterable[str]) -> frozenset[str]:
        """Those that are in the catalogue. A round trip for each 500 that are not remembered, together with those of
        who asks meanwhile.
        """
        named = frozenset(items)
        asked = [(item, self._reads.submit(item)) for item in self.unsure(named)]
        return named.difference([item for item, held in asked if not await held])

    async def _read(self, items: list[str]) -> list[bool]:
        # As old as the question: an item may be deleted while it is being answered.
        now_ms, missing = self._clock(), await self._store.missing([*set(items)])
        for item in items:
            if item not in missing:
                keep_newest(self._seen_ms, item, now_ms, CAPACITY)
        return [item not in missing for item in items]
