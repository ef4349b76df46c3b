"""The catalogue as one worker knows it: attributes read when first needed, forgotten when they change."""

from collections.abc import Mapping, Sequence

import numpy as np

from scoring.types import BoolArray, IntArray
from service.model import Filters, Item
from service.numbering import ItemNumbers
from store.catalogue import DELETED, Attributes, CatalogueStore

_UNKNOWN, _SHOWN, _HIDDEN = 0, 1, 2


class ItemCache:
    """Attributes by item number, bounded. An item that is not in the catalogue may be shown: it has no attributes."""

    def __init__(self, store: CatalogueStore, numbers: ItemNumbers, capacity: int) -> None:
        self._store = store
        self._numbers = numbers
        self._capacity = capacity
        self._held: dict[int, Item | None] = {}
        self._state = np.zeros(1024, dtype=np.int8)

    def item(self, number: int) -> Item | None:
        """The item, when it is known here and stands in the catalogue."""
        return self._held.get(number)

    def unknown(self, ids: IntArray) -> IntArray:
        """Those whose attributes have not been read."""
        self._cover()
        unread: IntArray = ids[self._state[ids] == _UNKNOWN]
        return unread

    async def read(self, ids: IntArray) -> None:
        """Reads the attributes of items. One round trip."""
        names = [self._numbers.item(number) for number in ids.tolist()]
        for number, name, row in zip(
            ids.tolist(), names, await self._store.get(names), strict=True
        ):
            self._keep(number, _shown_item(name, row))

    def allowed(self, ids: IntArray, filters: Filters) -> BoolArray:
        """Which items may be shown; one not read yet passes, so look at `unknown` first."""
        self._cover()
        mask = np.asarray(self._state[ids] != _HIDDEN)
        if filters == Filters():
            return mask
        for place in np.flatnonzero(mask).tolist():
            number = int(ids[place])
            mask[place] = passes(self._numbers.item(number), self._held.get(number), filters)
        return mask

    def forget(self, items: Sequence[str]) -> None:
        self._cover()
        for item in items:
            number = self._numbers.number(item)
            self._held.pop(number, None)
            if number < len(self._state):
                self._state[number] = _UNKNOWN

    def forget_all(self) -> None:
        self._held.clear()
        self._state[:] = _UNKNOWN

    def _keep(self, number: int, item: Item | None) -> None:
        self._cover()
        self._held[number] = item
        self._state[number] = _HIDDEN if item is not None and item.hidden else _SHOWN
        if len(self._held) > self._capacity:
            oldest = next(iter(self._held))
            del self._held[oldest]
            self._state[oldest] = _UNKNOWN

    def _cover(self) -> None:
        missing = len(self._numbers) - len(self._state)
        if missing > 0:
            grown = np.zeros(missing + len(self._state), dtype=np.int8)
            self._state = np.concatenate([self._state, grown])


def passes(item_id: str, item: Item | None, filters: Filters) -> bool:
    """Whether an item may be shown under the filters. Without attributes only `exclude` can be judged."""
    if item_id in filters.exclude:
        return False
    if item is None:
        return not _asks_attributes(filters)
    if filters.in_stock and not item.in_stock:
        return False
    if filters.categories and not filters.categories.intersection(item.category):
        return False
    if filters.brands and item.brand not in filters.brands:
        return False
    return _in_price_range(item.price, filters)


def _asks_attributes(filters: Filters) -> bool:
    prices = filters.price_min is not None or filters.price_max is not None
    return bool(filters.categories or filters.brands or filters.in_stock or prices)


def _in_price_range(price: float | None, filters: Filters) -> bool:
    if filters.price_min is None and filters.price_max is None:
        return True
    if price is None:
        return False
    low = filters.price_min is None or price >= filters.price_min
    return low and (filters.price_max is None or price <= filters.price_max)


def _shown_item(item_id: str, row: Attributes | None) -> Item | None:
    """What decides on showing: a deleted item counts as hidden, an unknown one may be shown."""
    if row is DELETED:
        return Item(item_id, hidden=True)
    return item_of(item_id, row) if row is not None else None


def item_of(item_id: str, row: Attributes) -> Item:
    """An item from its stored attributes."""
    values = dict(row)
    for name in ("category", "tags"):
        values[name] = tuple(values.get(name, ()))  # type: ignore[arg-type]  # JSON lists
    return Item(item_id, **values)  # type: ignore[arg-type]  # written by `attributes_of`


def attributes_of(item: Item) -> Mapping[str, object]:
    """What is stored of an item: only what is set."""
    defaults = Item(item.item_id)
    names = [name for name in Item.__slots__ if name != "item_id"]
    return {
        name: getattr(item, name)
        for name in names
        if getattr(item, name) != getattr(defaults, name) or name == "updated_ms"
    }
