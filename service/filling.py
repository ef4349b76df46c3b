"""What a list is filled up with where too little speaks for it: what is popular, then what is new."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from service.gate import Gate, Gates
from service.item_cache import ItemCache
from service.model import RecommendedItem
from service.neighbourhoods import WeightedItems
from service.numbering import ItemNumbers
from service.presenting import Presenter
from service.reasons import NEWEST, TRENDING
from service.trending_list import TrendingList
from service.variety import Room
from service.wishes import Draft
from store.catalogue import CatalogueStore

NEWEST_READ = 2_000  # how far back a filter may look for something new

Takes = Callable[[int], bool]


class Filling:
    """Finds what is popular or new. Lives as long as the worker."""

    def __init__(
        self,
        trending: TrendingList,
        catalogue: CatalogueStore,
        items: ItemCache,
        numbers: ItemNumbers,
    ) -> None:
        self._trending = trending
        self._catalogue = catalogue
        self._items = items
        self._numbers = numbers
        self._gates = Gates(items, numbers)
        self._presenter = Presenter(items, numbers)

    async def fill(self, draft: Draft) -> None:
        """Fills a short list up: with what is popular, then with what is new."""
        wish = draft.wish
        room = Room(self._items, wish.variety)
        for item in draft.items:
            room.takes(self._numbers.number(item.item_id))
        popular = await self.popular("view", self._gate(draft), draft.missing, room.takes)
        draft.add([replace(item, score=0.0, contributions={}) for item in popular], "trending")
        if draft.missing:
            newest = await self._newest(self._gate(draft), draft.missing, room.takes)
            draft.add(newest, "newest")

    async def popular(
        self, kind: str, gate: Gate, limit: int, takes: Takes
    ) -> list[RecommendedItem]:
        """What is popular now and may be shown, best first.

        Where a filter leaves too little, what is less popular, too.
        """
        head = await self._trending.get(kind)
        kept, scores = await gate.first(head.ids, limit, takes), _scores(head)
        if len(kept) < limit and gate.filters:
            deep = await self._trending.deep(kind)
            rest = deep.ids[~np.isin(deep.ids, head.ids)]
            kept += await gate.first(rest, limit - len(kept), takes)
            scores |= _scores(deep)
            kept.sort(key=lambda number: -scores[number])
        return [
            self._presenter.item(number, scores[number], {"trending": scores[number]}, TRENDING)
            for number in kept
        ]

    async def _newest(self, gate: Gate, limit: int, takes: Takes) -> list[RecommendedItem]:
        newest = await self._catalogue.newest(NEWEST_READ)
        ids = self._numbers.numbers(newest)
        kept = await gate.first(ids, limit, takes)
        return [self._presenter.item(number, 0.0, {}, NEWEST) for number in kept]

    def _gate(self, draft: Draft) -> Gate:
        """Keeps out what is on the list already."""
        held = draft.forbidden | draft.wish.resting | {item.item_id for item in draft.items}
        return self._gates.gate(draft.wish.filters, draft.rules, held)


def _scores(items: WeightedItems) -> dict[int, float]:
    return dict(zip(items.ids.tolist(), items.weights.tolist(), strict=True))
