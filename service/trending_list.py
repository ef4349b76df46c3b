"""What is popular now: the last hours' counts with decay, the same for everybody, read at most once a second."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scoring.trending import decayed
from scoring.types import FloatArray, IntArray
from service.freshness import Freshness
from service.neighbourhoods import WeightedItems
from service.numbering import ItemNumbers
from service.shared_reads import SharedReads
from store.item_state import ItemStore
from store.keys import HOUR_MS

ITEMS_PER_HOUR = 500
DEEP_PER_HOUR = 10_000  # all that is kept of an hour
DEEP_ITEMS = 10_000  # how many a filter looks through at most
PAST_AGE_MS = 60_000  # imports, late events and erasures change past hours too
READ_EARLY = 2


@dataclass(frozen=True, slots=True, eq=False)
class _Hour:
    """What was popular in one hour, and when that was read."""

    ids: IntArray
    counts: FloatArray
    read_ms: int


class TrendingList:
    """Decayed popularity by kind (`view`, `purchase`). Lives as long as the worker.

    The last two hours are read with every list, earlier ones when their copies are a minute old.
    """

    def __init__(
        self,
        items: ItemStore,
        numbers: ItemNumbers,
        freshness: Freshness,
        *,
        hours: int,
        half_life_h: float,
    ) -> None:
        self._items = items
        self._numbers = numbers
        self._freshness = freshness
        self._hours = hours
        self._half_life_h = half_life_h
        self._held: dict[str, tuple[WeightedItems, int]] = {}
        self._past: dict[str, dict[int, _Hour]] = {}
        self._deep: dict[str, tuple[WeightedItems, int]] = {}
        self._reads: SharedReads[str, WeightedItems] = SharedReads(self._read, limit=1)
        self._deep_reads: SharedReads[str, WeightedItems] = SharedReads(self._read_deep, limit=1)
        self._forgets = 0

    async def get(self, kind: str = "view") -> WeightedItems:
        """Item numbers and decayed counts, best first. One round trip, shared, when the list is too old."""
        held = self._held.get(kind)
        if held is not None and held[1] > self._freshness.clock():
            return held[0]
        return (await self._reads.get([kind]))[kind]

    async def deep(self, kind: str = "view") -> WeightedItems:
        """As `get`, with what is less popular too, as it was up to a minute ago: for filters that few items pass.

        A round trip an hour when the list is too old; where no hour holds more than `get` reads it is the same list.
        """
        head = await self.get(kind)
        if not any(len(hour.ids) >= ITEMS_PER_HOUR for hour in self._past.get(kind, {}).values()):
            return head
        held = self._deep.get(kind)
        if held is not None and held[1] > self._freshness.clock():
            return held[0]
        return (await self._deep_reads.get([kind]))[kind]

    def forget(self) -> None:
        """Drops everything. What is being read is not kept."""
        self._held.clear()
        self._past.clear()
        self._deep.clear()
        self._reads.forget()
        self._deep_reads.forget()
        self._forgets += 1

    async def _read(self, kinds: list[str]) -> list[WeightedItems]:
        return [await self._read_kind(kind) for kind in kinds]

    async def _read_kind(self, kind: str) -> WeightedItems:
        now_ms, forgets = self._freshness.clock(), self._forgets
        by_hour = await self._hours_of(kind, now_ms)
        trending = self._decayed(by_hour, now_ms)
        if forgets == self._forgets:
            self._past[kind] = by_hour
            if len(trending.ids):  # a shop's first act shows at once
                self._held[kind] = trending, now_ms + self._freshness.least_age_ms
        return trending

    async def _read_deep(self, kinds: list[str]) -> list[WeightedItems]:
        return [await self._read_deep_kind(kind) for kind in kinds]

    async def _read_deep_kind(self, kind: str) -> WeightedItems:
        now_ms, forgets = self._freshness.clock(), self._forgets
        hour, by_hour = now_ms // HOUR_MS, {}
        for past in range(hour - self._hours, hour + 1):  # one by one: others are served in between
            (rows,) = await self._items.popular(kind, [past], DEEP_PER_HOUR)
            by_hour[past] = self._hour(rows, now_ms)
        whole = self._decayed(by_hour, now_ms)
        deep = WeightedItems(whole.ids[:DEEP_ITEMS], whole.weights[:DEEP_ITEMS])
        if forgets == self._forgets:
            self._deep[kind] = deep, now_ms + PAST_AGE_MS
        return deep

    def _decayed(self, by_hour: Mapping[int, _Hour], now_ms: int) -> WeightedItems:
        aged = [(max(now_ms / HOUR_MS - hour - 0.5, 0.0), h) for hour, h in by_hour.items()]
        rows = [(age, h.ids, h.counts) for age, h in aged]
        return WeightedItems(*decayed(rows, self._half_life_h))

    async def _hours_of(self, kind: str, now_ms: int) -> dict[int, _Hour]:
        first, known = now_ms // HOUR_MS - self._hours, self._past.get(kind, {})
        wanted = self._wanted(known, now_ms)
        rows = await self._items.popular(kind, wanted, ITEMS_PER_HOUR)
        read = {h: self._hour(row, now_ms) for h, row in zip(wanted, rows, strict=True)}
        return {hour: held for hour, held in known.items() if hour >= first} | read

    def _wanted(self, known: Mapping[int, _Hour], now_ms: int) -> list[int]:
        """Which hours to read: the last two, and those whose copies are missing or too old.

        A few are read before they must, the oldest copies first: what was read together comes due one by one.
        """
        hour = now_ms // HOUR_MS
        past = range(hour - self._hours, hour - 1)
        age_ms = {h: now_ms - known[h].read_ms for h in past if h in known}
        due = [h for h in past if h not in known or age_ms[h] > PAST_AGE_MS]
        early = [h for h, age in age_ms.items() if PAST_AGE_MS / 2 < age <= PAST_AGE_MS]
        early.sort(key=lambda h: -age_ms[h])
        return [*due, *early[:READ_EARLY], hour - 1, hour]

    def _hour(self, rows: list[tuple[str, float]], read_ms: int) -> _Hour:
        ids = self._numbers.numbers(item for item, _ in rows)
        return _Hour(ids, np.array([count for _, count in rows], dtype=np.float64), read_ms)
