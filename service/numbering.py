"""Item ids as small numbers: what arrays are indexed by."""

from collections.abc import Iterable

import numpy as np

from scoring.types import IntArray


class ItemNumbers:
    """Gives each item id a number, 0 upwards, for the life of a worker. Never shrinks: about 150 bytes an item.

    So ask for numbers of what the store names, never of what only a client does (`Strangers`).
    """

    def __init__(self) -> None:
        self._number_of: dict[str, int] = {}
        self._id_of: list[str] = []

    def __len__(self) -> int:
        return len(self._id_of)

    def number(self, item: str) -> int:
        number = self._number_of.get(item)
        if number is None:
            number = self._number_of[item] = len(self._id_of)
            self._id_of.append(item)
        return number

    def find(self, item: str) -> int:
        """Its number, -1 where it has none yet."""
        return self._number_of.get(item, -1)

    def numbers(self, items: Iterable[str]) -> IntArray:
        """The number of each: (n,)."""
        names = tuple(items)
        found = list(map(self._number_of.get, names))
        if None in found:
            found = [self.number(name) for name in names]
        return np.array(found, dtype=np.int32)

    def item(self, number: int) -> str:
        return self._id_of[number]

    def items(self, numbers: IntArray) -> list[str]:
        return [self._id_of[number] for number in numbers.tolist()]
