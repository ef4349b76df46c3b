"""Numbers out of texts, as Redis keeps what is counted with an item."""

from collections.abc import Sequence

import numpy as np

from scoring.types import FloatArray

#: What `sides` keeps apart.
TOTALS = (">*", "<*", "*")


def named(texts: Sequence[tuple[str, float]]) -> tuple[list[str], FloatArray]:
    """The names of texts "name number name number ...", in the order in which they appear first, and of each the sum of
    its numbers (n,), each times the weight of its text. A text holds a name once.
    """
    held: dict[str, float] = {}
    for text, weight in texts:
        parts = text.split(" ")
        for name, number in zip(parts[::2], map(float, parts[1::2]), strict=True):
            held[name] = held.get(name, 0.0) + weight * number
    return [*held], np.fromiter(held.values(), dtype=np.float64, count=len(held))


def sides(
    names: Sequence[str], values: FloatArray, least: float
) -> tuple[list[str], FloatArray, int, dict[str, float]]:
    """What has a value (n,) above the `least`: the names that begin with ">" and then those with "<", without that; the
    values of these; how many are the first; and the values of `TOTALS`, which are no names, 0 where there is none.
    """
    held = dict(zip(names, values.tolist(), strict=True))
    totals = {name: held.pop(name, 0.0) for name in TOTALS}
    ahead = [name for name, value in held.items() if name[0] == ">" and value > least]
    behind = [name for name, value in held.items() if name[0] == "<" and value > least]
    kept = [*ahead, *behind]
    found = np.fromiter(map(held.__getitem__, kept), dtype=np.float64, count=len(kept))
    return [name[1:] for name in kept], found, len(ahead), totals
