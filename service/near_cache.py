"""Neighbour lists kept in the worker: the same for everybody, so read once for many requests.

How old a list may be grows with the evidence behind it, while nothing changes, and with how many steps its item is
behind a person's last one (`Freshness`). What requests miss at the same time is read together. What is asked for often
is read again a little before it grows too old, while it is still served: then nobody waits for it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from math import exp

import numpy as np

from scoring.entries import Entries
from service.bounded import keep_newest
from service.first_sight import FirstSight
from service.freshness import RENEWED_AT, Freshness, Renewals
from service.neighbourhoods import (
    Columns,
    Neighbourhood,
    NeighbourhoodBuilder,
    WeightedItems,
    entries_of,
    fading_of,
    sharing,
)
from service.pacing import Turn
from service.shared_reads import SharedReads
from service.supports import Supports
from store.item_state import ItemNeighbours, ItemStore

READS_PER_CALL = 128
TURN_S = 0.005  # for so long lists are built before requests that need none of them have their turn

#: Of items: what is young of each, and reads of what is not.
Begun = tuple[list[Neighbourhood | None], dict[str, "asyncio.Future[Neighbourhood]"]]


class NearCache:
    """Neighbourhoods by item, bounded, each no older than its evidence allows. Lives as long as the worker."""

    def __init__(
        self,
        items: ItemStore,
        builder: NeighbourhoodBuilder,
        supports: Supports,
        freshness: Freshness,
        first_sight: FirstSight,
    ) -> None:
        self._items = items
        self._builder = builder
        self._supports = supports
        self._freshness = freshness
        self._first_sight = first_sight
        self._held: OrderedDict[str, Neighbourhood] = OrderedDict()
        self._reads: SharedReads[str, Neighbourhood] = SharedReads(self._read, READS_PER_CALL)
        self._forgets = 0
        self._renewals = Renewals(freshness.clock)
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        return len(self._held)

    async def get(self, items: Sequence[str]) -> list[Neighbourhood]:
        """The neighbourhood of each item of a person, newest first. No round trip when all are young; else a read,
        shared, and another of what is new to the worker.
        """
        return await self.finished(items, self.begin(items))

    def begin(self, items: Sequence[str]) -> Begun:
        """Those that are young, and reads of the others, which have begun. `items`: of a person, newest first."""
        now_ms = self._freshness.clock()
        young = [self._young(item, now_ms, step) for step, item in enumerate(items)]
        missed = [item for item, held in zip(items, young, strict=True) if held is None]
        self.hits += len(items) - len(missed)
        self.misses += len(missed)
        return young, {item: self._reads.begin(item) for item in missed}

    async def finished(self, items: Sequence[str], begun: Begun) -> list[Neighbourhood]:
        """The neighbourhood of each item, once those are read that were not young."""
        young, reads = begun
        read = await self._reads.finished(reads)
        return [held or read[item] for item, held in zip(items, young, strict=True)]

    def expect(self, items: Iterable[str]) -> None:
        """Begins to read those that are not young. `items`: of a person, newest first."""
        now_ms = self._freshness.clock()
        for step, item in enumerate(items):
            if self._young(item, now_ms, step) is None:
                self._reads.begin(item)

    def held(self, items: Sequence[str]) -> list[Neighbourhood] | None:
        """The neighbourhood of each item, if all are young. `items`: of a person, newest first."""
        now_ms, found = self._freshness.clock(), []
        for step, item in enumerate(items):
            held = self._young(item, now_ms, step)
            if held is None:
                return None
            found.append(held)
        self.hits += len(items)
        return found

    def _young(self, item: str, now_ms: int, step: int) -> Neighbourhood | None:
        """Its lists, if they may still be served for an item so many steps behind a person's last one."""
        held = self._held.get(item)
        if held is None or held.forgets != self._forgets:
            return None
        old_ms = now_ms - held.read_ms
        if old_ms < RENEWED_AT * held.age_ms:  # mostly, and whatever the step
            return held
        served_ms = self._freshness.served_ms(held.age_ms, exp(-step / held.fading))
        if old_ms >= served_ms:
            return None
        if self._renewals.due(old_ms, served_ms):
            self._reads.begin(item)
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
        with self._renewals.reading():
            stored = await self._items.neighbours(items, now_ms)
            found = await self._built(items, stored, now_ms, forgets)
        if forgets == self._forgets:
            self._keep(items, found)
        return found

    async def _built(
        self, items: Sequence[str], stored: Sequence[ItemNeighbours], now_ms: int, forgets: int
    ) -> list[Neighbourhood]:
        """The neighbourhoods of what is stored. Others have their turn in between."""
        turn, columns, found = Turn(TURN_S), [], []
        for item, one in zip(items, stored, strict=True):
            columns.append(self._builder.columns(one, self._known(item)))
            await turn.is_over()
        partners = np.concatenate([*map(self._builder.partners, columns)])
        await self._first_sight.learn(self._builder.named(items, columns))
        await self._supports.refresh(partners)
        for item, kinds in zip(items, columns, strict=True):
            found.append(self._neighbourhood(item, kinds, now_ms, forgets))
            if await turn.is_over():  # they may have been forgotten meanwhile
                await self._supports.refresh(partners)
        return found

    def _known(self, item: str) -> Mapping[str, Columns]:
        """What was read of the item at last, however long ago: whatever is still the same need not be taken apart."""
        held = self._held.get(item)
        return held.columns if held else {}

    def _neighbourhood(
        self, item: str, columns: Mapping[str, Columns], now_ms: int, forgets: int
    ) -> Neighbourhood:
        same = self._held.get(item)
        if same is not None and not _are_the_same(columns, same.columns):
            same = None
        since_ms = same.since_ms if same is not None else now_ms
        age_ms = self._freshness.age_ms(columns["view"].totals["*"], now_ms - since_ms)
        lists, entries = self._lists(same, columns)
        fading = fading_of(lists)
        return Neighbourhood(lists, entries, since_ms, now_ms, age_ms, fading, forgets, columns)

    def _lists(
        self, same: Neighbourhood | None, columns: Mapping[str, Columns]
    ) -> tuple[Mapping[str, WeightedItems], Entries]:
        """The lists and what they say together; `same`: those that were made from these columns, if there are any."""
        rests_on_supports = len(self._builder.partners(columns)) > 0
        if same is not None and not rests_on_supports:
            return same.lists, same.entries
        lists = self._builder.lists(columns)
        entries = entries_of(lists)
        return sharing(lists, entries), entries

    def _keep(self, items: Sequence[str], neighbourhoods: Sequence[Neighbourhood]) -> None:
        for item, neighbourhood in zip(items, neighbourhoods, strict=True):
            keep_newest(self._held, item, neighbourhood, self._freshness.capacity)


def _are_the_same(columns: Mapping[str, Columns], others: Mapping[str, Columns]) -> bool:
    """Whether nothing has changed: what is as it was is not read anew."""
    return all(one is others.get(kind) for kind, one in columns.items())
