"""What is popular now: the last hours' counts with decay, the same for everybody, read at most once a second."""

from collections.abc import Mapping

import numpy as np

from scoring.trending import decayed
from scoring.types import FloatArray, IntArray
from service.freshness import Freshness
from service.neighbourhoods import WeightedItems
from service.numbering import ItemNumbers
from store.item_state import ItemStore
from store.keys import HOUR_MS

ITEMS_PER_HOUR = 500


class TrendingList:
    """Decayed popularity by kind (`view`, `purchase`). Lives as long as the worker; past hours are read once."""

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
        self._past: dict[str, dict[int, tuple[IntArray, FloatArray]]] = {}

    async def get(self, kind: str = "view") -> WeightedItems:
        """Item numbers and decayed counts, best first. One round trip when the list is too old."""
        now_ms = self._freshness.clock()
        held = self._held.get(kind)
        if held is not None and held[1] > now_ms:
            return held[0]
        by_hour = await self._read(kind, now_ms // HOUR_MS)
        aged = [(now_ms / HOUR_MS - hour - 0.5, *row) for hour, row in by_hour.items()]
        ids, scores = decayed([(max(age, 0.0), i, c) for age, i, c in aged], self._half_life_h)
        trending = WeightedItems(ids, scores)
        self._held[kind] = trending, now_ms + self._freshness.least_age_ms
        return trending

    async def _read(self, kind: str, hour: int) -> Mapping[int, tuple[IntArray, FloatArray]]:
        # The hour before may still receive the counts of a worker whose clock is behind.
        known = self._past.get(kind, {})
        wanted = [h for h in range(hour - self._hours, hour + 1) if h >= hour - 1 or h not in known]
        rows = await self._items.popular(kind, wanted, ITEMS_PER_HOUR)
        fresh = {h: self._columns(row) for h, row in zip(wanted, rows, strict=True)}
        kept = {h: row for h, row in known.items() if h >= hour - self._hours}
        self._past[kind] = {**kept, **fresh}
        return self._past[kind]

    def _columns(self, rows: list[tuple[str, float]]) -> tuple[IntArray, FloatArray]:
        ids = np.array([self._numbers.number(item) for item, _ in rows], dtype=np.int32)
        return ids, np.array([count for _, count in rows], dtype=np.float64)
