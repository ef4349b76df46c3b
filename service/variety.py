"""How varied a list is to be, and how its places are counted against that."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from service.item_cache import ItemCache
from service.model import Item


@dataclass(slots=True)
class Variety:
    """`diversity` from 0 (by score alone) to 1 (as unlike as can be), and the most items of one category path and of
    one brand.
    """

    diversity: float = 0.0
    max_per_category: int | None = None
    max_per_brand: int | None = None

    @property
    def asked(self) -> bool:
        """Whether a list by score alone will not do."""
        caps = self.max_per_category is not None or self.max_per_brand is not None
        return caps or self.diversity > 0

    @property
    def caps(self) -> list[tuple[int, Callable[[Item], Hashable]]]:
        """The caps that are set, each with what of an item it counts (None is not counted)."""
        both: tuple[tuple[int | None, Callable[[Item], Hashable]], ...] = (
            (self.max_per_category, lambda item: item.category or None),
            (self.max_per_brand, lambda item: item.brand),
        )
        return [(limit, part) for limit, part in both if limit is not None]


class Room:
    """Counts the items of a list against the caps. Lives as long as the list is made."""

    def __init__(self, items: ItemCache, variety: Variety) -> None:
        self._items = items
        self._caps = variety.caps
        self._counts: dict[tuple[int, Hashable], int] = {}

    def takes(self, number: int) -> bool:
        """Whether there is room for the item; if so, it is counted in."""
        item = self._items.item(number) if self._caps else None
        if item is None:
            return True
        groups = [(n, part(item)) for n, (_, part) in enumerate(self._caps)]
        for (limit, _), group in zip(self._caps, groups, strict=True):
            if group[1] is not None and self._counts.get(group, 0) >= limit:
                return False
        for group in groups:
            self._counts[group] = self._counts.get(group, 0) + 1
        return True
