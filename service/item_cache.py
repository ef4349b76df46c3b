"""The catalogue as one worker knows it: attributes read when first needed, forgotten when they change."""

from collections.abc import Mapping, Sequence

import numpy as np

from scoring.types import BoolArray, IntArray
from service.model import Filters, Item
from service.numbering import ItemNumbers
from store.catalogue import DELETED, Attributes, CatalogueStore

_NO_ATTRIBUTES: Mapping[str, object] = {}
_KNOWN, _HIDDEN = 1, 2


class ItemCache:
    """Attributes by item number, bounded. An item that is not in the catalogue may be shown: it has no attributes.

    What is forgotten while it is being read may have changed behind the read: it serves the answer under way, which
    cannot know better, and counts as unknown.
    """

    def __init__(self, store: CatalogueStore, numbers: ItemNumbers, capacity: int) -> None:
        self._store = store
        self._numbers = numbers
        self.capacity = capacity
        self._held: dict[int, Item | None] = {}
        self._attributes: dict[int, Mapping[str, object]] = {}  # of those that were shown
        self._state = np.zeros(1024, dtype=np.int8)  # of _KNOWN and _HIDDEN
        self._forgotten = np.zeros(1024, dtype=np.int32)  # by which call of `forget` at last
        self._forgets = 0

    def item(self, number: int) -> Item | None:
        """The item, when it is known here and stands in the catalogue."""
        return self._held.get(number)

    def attributes(self, number: int) -> Mapping[str, object]:
        """What is set of the item, to be shown; nothing where it is not known."""
        found = self._attributes.get(number)
        if found is None:
            item = self._held.get(number)
            if item is None:
                return _NO_ATTRIBUTES
            found = self._attributes[number] = attributes_of(item)
        return found

    def plain(self, ids: IntArray) -> BoolArray:
        """Which items are known and not hidden: all that can be asked of them where there are no filters."""
        self._cover()
        mask: BoolArray = self._state.take(ids) == _KNOWN
        return mask

    def unknown(self, ids: IntArray) -> IntArray:
        """Those whose attributes have not been read."""
        self._cover()
        unread: IntArray = ids[self._state[ids] & _KNOWN == 0]
        return unread

    async def read(self, ids: IntArray) -> None:
        """Reads the attributes of items. One round trip."""
        names = [self._numbers.item(number) for number in ids.tolist()]
        forgets = self._forgets
        rows = await self._store.get(names)
        self._cover()
        for number, name, row in zip(ids.tolist(), names, rows, strict=True):
            self._keep(number, _shown_item(name, row), known=self._forgotten[number] <= forgets)

    def allowed(self, ids: IntArray, filters: Filters) -> BoolArray:
        """Which items may be shown; one not read yet passes, so look at `unknown` first."""
        self._cover()
        mask = np.asarray(self._state[ids] & _HIDDEN == 0)
        if filters.let_all_pass:
            return mask
        for place in np.flatnonzero(mask).tolist():
            number = int(ids[place])
            mask[place] = passes(self._numbers.item(number), self._held.get(number), filters)
        return mask

    def forget(self, items: Sequence[str]) -> None:
        numbers = [self._numbers.number(item) for item in items]
        self._cover()
        self._forgets += 1
        for number in numbers:
            self._drop(number)
            self._forgotten[number] = self._forgets

    def forget_all(self) -> None:
        self._forgets += 1
        self._held.clear()
        self._attributes.clear()
        self._state[:] = 0
        self._forgotten[:] = self._forgets

    def _keep(self, number: int, item: Item | None, known: bool) -> None:
        self._held[number] = item
        self._attributes.pop(number, None)
        hidden = item is not None and item.hidden
        self._state[number] = _KNOWN * known + _HIDDEN * hidden
        if len(self._held) > self.capacity:
            self._drop(next(iter(self._held)))

    def _drop(self, number: int) -> None:
        self._held.pop(number, None)
        self._attributes.pop(number, None)
        self._state[number] = 0

    def _cover(self) -> None:
        missing = len(self._numbers) - len(self._state)
        if missing > 0:
            missing += len(self._state)
            self._state = np.concatenate([self._state, np.zeros(missing, np.int8)])
            self._forgotten = np.concatenate([self._forgotten, np.zeros(missing, np.int32)])


def passes(item_id: str, item: Item | None, filters: Filters) -> bool:
    """Whether an item may be shown under the filters. Without attributes only `exclude` can be judged."""
    if item_id in filters.exclude:
        return False
    if item is None:
        return not asks_attributes(filters)
    if filters.in_stock and not item.in_stock:
        return False
    if filters.categories and not filters.categories.intersection(item.category):
        return False
    if filters.brands and item.brand not in filters.brands:
        return False
    return _in_price_range(item.price, filters)


def asks_attributes(filters: Filters) -> bool:
    """Whether the filters ask for more than the id."""
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
