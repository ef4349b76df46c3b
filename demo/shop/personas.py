"""The customers whose eyes a visitor of the demo may borrow: those of personas.toml."""

from dataclasses import dataclass
from functools import cache

from demo.shop.kits import Kit, kit
from demo.shop.tables import rows


@dataclass(frozen=True, slots=True)
class Persona:
    """A customer with a story. `tastes` are categories, the strongest first.

    They bought from one kit some days ago, and looked at another within the last day.
    """

    user_id: str
    name: str
    tastes: tuple[str, ...]
    story: str
    bought: Kit
    looks_at: Kit


@cache
def personas() -> tuple[Persona, ...]:
    """All personas. Read once."""
    return tuple(
        Persona(
            user_id=row["user_id"],
            name=row["name"],
            tastes=tuple(row["tastes"]),
            story=row["story"],
            bought=kit(row["bought"]),
            looks_at=kit(row["looks_at"]),
        )
        for row in rows("personas")
    )
