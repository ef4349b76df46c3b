"""Items that the shop has pinned to a place."""

from collections.abc import Sequence

import numpy as np

from service.gate import Gates
from service.item_cache import ItemCache
from service.model import RecommendedItem
from service.numbering import ItemNumbers
from service.presenting import Presenter
from service.ranking import Ranked
from service.reasons import PINNED
from service.supports import Supports
from service.wishes import Draft


class Pinning:
    """Puts pinned items at their places. Lives as long as the worker."""

    def __init__(self, items: ItemCache, numbers: ItemNumbers, supports: Supports) -> None:
        self._items = items
        self._numbers = numbers
        self._supports = supports
        self._gates = Gates(items, numbers)
        self._presenter = Presenter(items, numbers)

    async def pin(self, draft: Draft) -> None:
        """Puts the items at their places, those that the person may be shown: a block or a dislike is stronger."""
        pins = draft.rules.pins_of(draft.wish.filters.categories)
        numbers = [self._numbers.number(p.item) for p in pins if p.item not in draft.forbidden]
        if not numbers:
            return
        gate = self._gates.gate(draft.wish.filters, draft.rules)
        passed = await gate.first(np.array(numbers, np.int32), len(numbers), lambda _: True)
        shown = await self._real(passed)
        places = {self._numbers.number(pin.item): pin.place for pin in pins}
        pinned = [(places[n], self._item(n, draft.ranked, draft.wish.explain)) for n in shown]
        items = placed(draft.items, pinned, draft.wish.limit)
        draft.items.clear()
        draft.add(items, "pinned")

    async def _real(self, numbers: Sequence[int]) -> list[int]:
        """Those that are in the catalogue or that events name: any other id is a slip, and nothing to be shown.

        No round trip for what is in the catalogue.
        """
        strange = [number for number in numbers if self._items.item(number) is None]
        if not strange:
            return list(numbers)
        ids = np.array(strange, np.int32)
        await self._supports.refresh(ids)
        unheard_of = set(ids[self._supports.sessions(ids) <= 0].tolist())
        return [number for number in numbers if number not in unheard_of]

    def _item(self, number: int, ranked: Ranked, explain: bool) -> RecommendedItem:
        """With the score that it has of itself."""
        for place in np.flatnonzero(ranked.candidates.ids == number).tolist():
            return self._presenter.ranked(ranked, [place], [PINNED], explain)[0]
        return self._presenter.item(number, 0.0, {}, PINNED)


def placed(
    items: Sequence[RecommendedItem], pinned: Sequence[tuple[int, RecommendedItem]], limit: int
) -> list[RecommendedItem]:
    """The list with the pinned items at their places (1 = first); of two that want the same one the first has it."""
    ids = {item.item_id for _, item in pinned}
    listed = [item for item in items if item.item_id not in ids]
    least = 0
    for place, item in pinned:
        at = min(max(place - 1, least), len(listed))
        listed.insert(at, item)
        least = at + 1
    return listed[:limit]
