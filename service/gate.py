"""Which items may be shown."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from scoring.types import BoolArray, IntArray
from service.item_cache import ItemCache, asks_attributes
from service.model import Filters
from service.numbering import ItemNumbers
from service.rules import NO_RULES, Factors, RulesInForce

#: Items that are judged at a time, at least: where a filter lets few pass, a round trip for each few would take long.
CHUNK = 500


class Gates:
    """Makes gates. Lives as long as the worker."""

    def __init__(self, items: ItemCache, numbers: ItemNumbers) -> None:
        self._items = items
        self._numbers = numbers

    def gate(
        self,
        filters: Filters,
        rules: RulesInForce = NO_RULES,
        held: frozenset[str] = frozenset(),
    ) -> "Gate":
        """A gate that keeps out what is `held` already, too."""
        if held:
            filters = replace(filters, exclude=filters.exclude | held)
        return Gate(self._items, self._numbers, filters, rules.blocks)


class Gate:
    """Judges items by filters and blocks, and remembers those that it could not judge yet. Lives as long as a list is
    made.
    """

    def __init__(
        self,
        items: ItemCache,
        numbers: ItemNumbers,
        filters: Filters,
        blocks: Factors,
    ) -> None:
        self._items = items
        self._numbers = numbers
        self._filters = filters
        self._blocks = blocks
        self._is_open = filters.let_all_pass and not blocks
        self._unknown: list[IntArray] = []

    def __call__(self, ids: IntArray) -> BoolArray:
        """Which of these may be shown; one not read yet mostly passes until `learn`."""
        if self._is_open:
            plain = self._items.plain(ids)
            if np.logical_and.reduce(plain):
                return plain
        self._unknown.append(self._items.unknown(ids))
        return self._judge(ids)

    @property
    def filters(self) -> bool:
        """Whether it keeps items out by what they are."""
        return asks_attributes(self._filters)

    @property
    def is_settled(self) -> bool:
        """Whether there is nothing that it could not judge."""
        return not any(map(len, self._unknown))

    async def learn(self) -> bool:
        """Reads what could not be judged; whether that changes a judgement."""
        unknown = [ids for ids in self._unknown if len(ids)]
        self._unknown.clear()
        if not unknown:
            return False
        ids = np.unique(np.concatenate(unknown))
        before = self._judge(ids)
        await self._items.read(ids)
        return bool((before != self._judge(ids)).any())

    async def first(self, ids: IntArray, limit: int, takes: Callable[[int], bool]) -> list[int]:
        """The first `limit` of these that may be shown and that `takes` takes. At most a round trip a chunk."""
        kept: list[int] = []
        # What is judged must be held at once.
        size = min(max(4 * limit, CHUNK), self._items.capacity)
        for start in range(0, len(ids), size):
            chunk = ids[start : start + size]
            unknown = self._items.unknown(chunk)
            if len(unknown):
                await self._items.read(unknown)
            for number in chunk[self._judge(chunk)].tolist():
                if takes(number):
                    kept.append(number)
                if len(kept) >= limit:
                    return kept
        return kept

    def _judge(self, ids: IntArray) -> BoolArray:
        mask = self._items.allowed(ids, self._filters)
        if self._blocks:
            for place in np.flatnonzero(mask).tolist():
                number = int(ids[place])
                item = self._items.item(number)
                mask[place] = not self._blocks.names(self._numbers.item(number), item)
        return mask
