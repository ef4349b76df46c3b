"""What the shop wants of lists, whatever the ranking says: items pinned to a place, boosted, blocked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from service.model import Item

RULES_MAX = 100


@dataclass(frozen=True, slots=True)
class Rule:
    """`pin`: the item stands at `place` (1 = first), with a category only in lists of that category. `boost`: scores
    of what is named are multiplied by `factor`. `block`: what is named is never shown.

    Boosts and blocks name an item, a brand, a category or a tag. A rule holds from `starts_ms` until `ends_ms`.
    """

    __pydantic_config__ = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

    kind: Literal["pin", "boost", "block"]
    item: str | None = None
    brand: str | None = None
    category: str | None = None
    tag: str | None = None
    place: Annotated[int, Field(ge=1)] | None = None
    factor: Annotated[float, Field(ge=0)] | None = None
    starts_ms: int | None = None
    ends_ms: int | None = None

    def holds(self, now_ms: int) -> bool:
        begun = self.starts_ms is None or self.starts_ms <= now_ms
        return begun and (self.ends_ms is None or now_ms < self.ends_ms)


@dataclass(frozen=True, slots=True)
class Pin:
    """An item that stands at `place` (1 = first), with a category only in lists of that category."""

    item: str
    place: int
    category: str | None = None


class Factors:
    """By what an item's score is multiplied: the product over all that names it. Empty: 1 for every item."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._items: dict[str, float] = {}
        self._brands: dict[str, float] = {}
        self._categories: dict[str, float] = {}
        self._tags: dict[str, float] = {}
        for rule in rules:
            factor = 1.0 if rule.factor is None else rule.factor
            for named, held in (
                (rule.item, self._items),
                (rule.brand, self._brands),
                (rule.category, self._categories),
                (rule.tag, self._tags),
            ):
                if named is not None:
                    held[named] = held.get(named, 1.0) * factor

    def __bool__(self) -> bool:
        return bool(self._items or self._brands or self._categories or self._tags)

    def names(self, item_id: str, item: Item | None) -> bool:
        """Whether any rule names the item, or something that is said of it."""
        if item_id in self._items or item is None:
            return item_id in self._items
        known = item.brand in self._brands or not self._tags.keys().isdisjoint(item.tags)
        return known or not self._categories.keys().isdisjoint(item.category)

    def of(self, item_id: str, item: Item | None) -> float:
        factor = self._items.get(item_id, 1.0)
        if item is None:
            return factor
        factor *= self._brands.get(item.brand or "", 1.0)
        for named, held in ((item.category, self._categories), (item.tags, self._tags)):
            for name in dict.fromkeys(named):
                factor *= held.get(name, 1.0)
        return factor


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """The rules that hold at a moment; pins by place."""

    pins: tuple[Pin, ...] = ()
    boosts: Factors = field(default_factory=Factors)
    blocks: Factors = field(default_factory=Factors)

    def pins_of(self, categories: frozenset[str]) -> list[Pin]:
        """The pins of a list of these categories (empty: of all), one an item."""
        found: dict[str, Pin] = {}
        for pin in self.pins:
            if pin.category is None or pin.category in categories:
                found.setdefault(pin.item, pin)
        return list(found.values())


NO_RULES = RulesInForce()


def in_force(rules: Sequence[Rule], now_ms: int) -> RulesInForce:
    held = [rule for rule in rules if rule.holds(now_ms)]
    if not held:
        return NO_RULES
    pins = (
        Pin(r.item, r.place, r.category) for r in held if r.kind == "pin" and r.item and r.place
    )
    return RulesInForce(
        tuple(sorted(pins, key=lambda pin: pin.place)),
        Factors(rule for rule in held if rule.kind == "boost"),
        Factors(rule for rule in held if rule.kind == "block"),
    )
