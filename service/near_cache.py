"""Neighbour lists kept in the worker: the same for everybody, so read once for many requests.

How old a list may be grows with the evidence behind it (`Freshness`). What requests miss at the same time is
read together.
"""

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from service.bounded import keep_newest
from service.freshness import Freshness
from service.neighbourhoods import Neighbourhood, NeighbourhoodBuilder
from service.shared_reads import SharedReads
from service.supports import Supports
from store.item_state import ItemNeighbours, ItemStore

READS_PER_CALL = 128


class NearCache:
    """Neighbourhoods by item, bounded, each no older than its evidence allows. Lives as long as the worker."""

    def __init__(
        self,
        items: ItemStore,
        builder: NeighbourhoodBuilder,
        supports: Supports,
        freshness: Freshness,
    ) -> None:
        self._items = items
        self._builder = builder
        self._supports = supports
        self._freshness = freshness
        self._held: OrderedDict[str, Neighbourhood] = OrderedDict()
        self._reads: SharedReads[str, Neighbourhood] = SharedReads(self._read, READS_PER_CALL)
        self._forgets = 0
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        return len(self._held)

    async def get(self, items: Sequence[str]) -> list[Neighbourhood]:
        """The neighbourhood of each item. No round trip when all are young; else one read, shared."""
        now_ms = self._freshness.clock()
        young = [self._young(item, now_ms) for item in items]
        missed = [item for item, held in zip(items, young, strict=True) if held is None]
        self.hits += len(items) - len(missed)
        self.misses += len(missed)
        if not missed:
            return [held for held in young if held is not None]
        read = await self._reads.get(missed)
        return [held or read[item] for item, held in zip(items, young, strict=True)]

    def _young(self, item: str, now_ms: int) -> Neighbourhood | None:
        held = self._held.get(item)
        if held is None or held.expires_ms <= now_ms or held.forgets != self._forgets:
            return None
        return held

    def forget(self) -> None:
        """Serves nothing from before any more, nor the supports, e.g. after models were replaced. What is being read is
        not kept.

        The lists stay in memory until they are read again: to give back all at once holds up requests for 0.1 s.
        """
        self._reads.forget()
        self._supports.forget()
        self._forgets += 1

    async def _read(self, items: list[str]) -> list[Neighbourhood]:
        now_ms, forgets = self._freshness.clock(), self._forgets
        stored = await self._items.neighbours(items, now_ms)
        partners = [partner for one in stored for partner in self._builder.partners(one)]
        if partners:
            await self._supports.refresh(np.array(partners, dtype=np.int32))
        found = [self._neighbourhood(one, now_ms, forgets) for one in stored]
        if forgets == self._forgets:
            self._keep(items, found)
        return found

    def _neighbourhood(self, stored: ItemNeighbours, now_ms: int, forgets: int) -> Neighbourhood:
        age_ms = self._freshness.age_ms(stored.view.get("*", 0.0))
        return Neighbourhood(self._builder.lists(stored), now_ms, now_ms + age_ms, forgets)

    def _keep(self, items: Sequence[str], neighbourhoods: Sequence[Neighbourhood]) -> None:
        for item, neighbourhood in zip(items, neighbourhoods, strict=True):
            keep_newest(self._held, item, neighbourhood, self._freshness.capacity)
