"""Neighbour lists kept in the worker: the same for everybody, so read once for many requests.

How old a list may be grows with the evidence behind it (`Freshness`). What requests miss at the same time is
read together.
"""

import asyncio
from collections.abc import Sequence

import numpy as np

from service.batching import Batches
from service.freshness import Freshness
from service.neighbourhoods import Neighbourhood, NeighbourhoodBuilder, WeightedItems
from service.supports import Supports
from store.catalogue import CatalogueStore
from store.item_state import ItemCounts, ItemStore

READS_PER_CALL = 128


class NearCache:
    """Neighbourhoods by item, bounded, each no older than its evidence allows. Lives as long as the worker."""

    def __init__(
        self,
        items: ItemStore,
        catalogue: CatalogueStore,
        builder: NeighbourhoodBuilder,
        supports: Supports,
        freshness: Freshness,
    ) -> None:
        self._items = items
        self._catalogue = catalogue
        self._builder = builder
        self._supports = supports
        self._freshness = freshness
        self._held: dict[str, Neighbourhood] = {}
        self._reads: Batches[str, Neighbourhood] = Batches(self._read, limit=READS_PER_CALL)
        self._expected: dict[str, asyncio.Future[Neighbourhood]] = {}
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        return len(self._held)

    async def get(self, items: Sequence[str]) -> list[Neighbourhood]:
        """The neighbourhood of each item. No round trip when all are young; else one read, shared."""
        now_ms = self._freshness.clock()
        found = [self._held.get(item) for item in items]
        young = [n if n is not None and n.expires_ms > now_ms else None for n in found]
        missed = [item for item, held in zip(items, young, strict=True) if held is None]
        self.hits += len(items) - len(missed)
        self.misses += len(missed)
        if not missed:
            return [held for held in young if held is not None]
        expected = {item: self._expect(item) for item in missed}
        # Unlike gather, this leaves the reads alone when we are cancelled: others wait for them too.
        await asyncio.wait(expected.values())
        return [held or expected[i].result() for i, held in zip(items, young, strict=True)]

    def forget(self) -> None:
        """Drops everything, e.g. after models were replaced."""
        self._held.clear()

    def _expect(self, item: str) -> asyncio.Future[Neighbourhood]:
        """The read of this item that is under way, or a new one."""
        future = self._expected.get(item)
        if future is None:
            future = self._expected[item] = self._reads.submit(item)
            future.add_done_callback(lambda _: self._expected.pop(item, None))
        return future

    async def _read(self, items: list[str]) -> list[Neighbourhood]:
        now_ms = self._freshness.clock()
        counts, similar = await asyncio.gather(
            self._items.counts(items, now_ms), self._catalogue.similar(items)
        )
        partners = [
            partner
            for item_counts, alike in zip(counts, similar, strict=True)
            for partner in self._builder.partners(item_counts, alike)
        ]
        if partners:
            await self._supports.refresh(np.array(partners, dtype=np.int32))
        rows = zip(items, counts, similar, strict=True)
        return [self._keep(item, c, self._builder.lists(c, s), now_ms) for item, c, s in rows]

    def _keep(
        self, item: str, counts: ItemCounts, lists: dict[str, WeightedItems], now_ms: int
    ) -> Neighbourhood:
        age_ms = self._freshness.age_ms(counts.view.get("*", 0.0))
        neighbourhood = Neighbourhood(lists, now_ms, now_ms + age_ms)
        self._held.pop(item, None)  # re-inserted at the end: the front is what was read longest ago
        self._held[item] = neighbourhood
        if len(self._held) > self._freshness.capacity:
            del self._held[next(iter(self._held))]
        return neighbourhood
