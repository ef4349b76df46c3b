"""What the shop wants of lists, whatever the ranking says: items pinned to a place, boosted, blocked."""

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

from service.availability import store_answers
from service.freshness import Freshness
from service.model import Item
from service.shared_reads import SharedReads
from store.catalogue import CatalogueStore
from store.rules import RuleStore

log = logging.getLogger(__name__)

RULES_MAX = 100
_ALL = "all"
_UNTIL = {"pin": ", and it is not shown until events name it"}


@dataclass(frozen=True, slots=True)
class Rule:
    """`pin`: the item stands at `place` (1 = first), with a category only in lists of that category. `boost`: scores
    of what is named are multiplied by `factor`. `block`: what is named is never shown.

    Boosts and blocks name an item, a brand, a category or a tag. A rule holds from `starts_ms` until `ends_ms`.
    """

    kind: Literal["pin", "boost", "block"]
    item: str | None = None
    brand: str | None = None
    category: str | None = None
    tag: str | None = None
    place: int | None = None
    factor: float | None = None
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
    pins = (Pin(r.item or "", r.place or 1, r.category) for r in held if r.kind == "pin")
    return RulesInForce(
        tuple(sorted(pins, key=lambda pin: pin.place)),
        Factors(rule for rule in held if rule.kind == "boost"),
        Factors(rule for rule in held if rule.kind == "block"),
    )


class Rulebook:
    """The rules, read again when older than the least age of shared lists. Lives as long as the worker."""

    def __init__(self, store: RuleStore, freshness: Freshness) -> None:
        self._store = store
        self._freshness = freshness
        self._held: tuple[RulesInForce, int] | None = None
        self._reads: SharedReads[str, RulesInForce] = SharedReads(self._read, limit=1)
        self._forgets = 0

    async def current(self) -> RulesInForce:
        """The rules in force. One round trip, shared, when they are too old."""
        if self._held is not None and self._held[1] > self._freshness.clock():
            return self._held[0]
        return (await self._reads.get([_ALL]))[_ALL]

    async def all(self) -> tuple[Rule, ...]:
        """All rules as they are stored. One round trip."""
        return parsed(await self._store.read())

    async def replace(self, rules: Sequence[Rule]) -> None:
        """Replaces all rules, for every worker. One round trip."""
        await self._store.write(json.dumps([_written(rule) for rule in rules]))
        self.forget()

    def forget(self) -> None:
        """Drops what is remembered. What is being read is not kept."""
        self._held = None
        self._reads.forget()
        self._forgets += 1

    async def _read(self, _keys: list[str]) -> list[RulesInForce]:
        now_ms, forgets = self._freshness.clock(), self._forgets
        rules = in_force(await self.all(), now_ms)
        if forgets == self._forgets:
            self._held = rules, now_ms + self._freshness.least_age_ms
        return [rules]


class RuleControl:
    """The rules as people see and set them. Lives as long as the worker."""

    def __init__(
        self, book: Rulebook, catalogue: CatalogueStore, changed: Callable[[], None]
    ) -> None:
        """`changed` is called after a change: this worker need not wait for the news of it."""
        self._book = book
        self._catalogue = catalogue
        self._changed = changed

    async def all(self) -> tuple[Rule, ...]:
        """All rules, in their order, whether in force or not."""
        with store_answers():
            return await self._book.all()

    async def warnings(self, rules: Sequence[Rule]) -> list[str]:
        """What is probably a slip in them, as sentences."""
        with store_answers():
            return await slips(rules, self._catalogue)

    async def replace(self, rules: Sequence[Rule]) -> None:
        """Replaces all rules: every worker keeps to them within a second."""
        with store_answers():
            await self._book.replace(rules)
        self._changed()


async def slips(rules: Iterable[Rule], catalogue: CatalogueStore) -> list[str]:
    """What is probably a slip: items that the catalogue does not know. One round trip, none where no item is named.

    Of brands, categories and tags nothing is said: only the whole catalogue could tell.
    """
    named = list(dict.fromkeys((rule.kind, rule.item) for rule in rules if rule.item))
    missing = await catalogue.missing(list({item for _, item in named}))
    return [
        f"The {kind} of {item}: the catalogue has no such item{_UNTIL.get(kind, '')}."
        for kind, item in named
        if item in missing
    ]


def _written(rule: Rule) -> Mapping[str, object]:
    return {name: value for name, value in asdict(rule).items() if value is not None}


def parsed(text: str | None) -> tuple[Rule, ...]:
    """The rules of what `Rulebook` has stored; none where that cannot be read."""
    try:
        return tuple(Rule(**fields) for fields in json.loads(text or "[]"))
    except (ValueError, TypeError) as error:  # written by hand, or by a newer version
        log.error("the rules cannot be read, so none holds: %s", error)
        return ()
