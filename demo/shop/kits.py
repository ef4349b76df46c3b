"""What belongs together: the kits of kits.toml."""

from dataclasses import dataclass
from functools import cache

from demo.shop.tables import rows


@dataclass(frozen=True, slots=True)
class Kit:
    """Items that people look at and buy together, the most wanted first; `wanted` beside other kits."""

    name: str
    wanted: int
    items: tuple[str, ...]


@cache
def kits() -> tuple[Kit, ...]:
    """All kits. Read once."""
    return tuple(Kit(row["name"], row["wanted"], tuple(row["items"])) for row in rows("kits"))


def kit(name: str) -> Kit:
    """The kit of that name."""
    return next(kit for kit in kits() if kit.name == name)
