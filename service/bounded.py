"""What is remembered up to a number, the oldest forgotten first."""

from collections import OrderedDict
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


def keep_newest(held: OrderedDict[K, V], key: K, value: V, capacity: int) -> None:
    """Puts the value at the end, also of a key that is there already; beyond the capacity what stands first goes."""
    held[key] = value
    held.move_to_end(key)
    if len(held) > capacity:
        held.popitem(last=False)
