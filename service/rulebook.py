"""The shop's rules where they are stored: read, replaced, looked through for slips."""

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter, ValidationError

from service.availability import store_answers
from service.freshness import Freshness
from service.rules import Rule, RulesInForce, in_force
from service.shared_reads import SharedReads
from store.catalogue import CatalogueStore
from store.rules import RuleStore

log = logging.getLogger(__name__)

_ALL = "all"
_UNTIL = {"pin": ", and it is not shown until events name it"}


class Rulebook:
    """The rules, read again when older than the least age of shared lists. Lives as long as the worker."""

    def __init__(self, store: RuleStore, freshness: Freshness) -> None:
        self._store = store
        self._freshness = freshness
        self._reader = RuleReader()
        self._held: tuple[RulesInForce, int] | None = None
        self._reads: SharedReads[str, RulesInForce] = SharedReads(self._read, limit=1)
        self._forgets = 0

    async def current(self) -> RulesInForce:
        """The rules in force. One round trip, shared, when they are too old."""
        if self._held is not None and self._held[1] > self._freshness.clock():
            return self._held[0]
        return (await self._reads.get([_ALL]))[_ALL]

    async def all(self) -> tuple[Rule, ...]:
        """All rules that are stored and can be read. One round trip."""
        return self._reader.rules(await self._store.read())

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


class RuleReader:
    """Reads the stored text, which hands or a newer version may have written. Lives as long as the worker."""

    def __init__(self) -> None:
        self._text: str | None = None
        self._rules: tuple[Rule, ...] = ()

    def rules(self, text: str | None) -> tuple[Rule, ...]:
        """The rules that can be read; of a text of which none can be, those that were read before it.

        What cannot be read is logged once, not each time that it is read again.
        """
        if text != self._text:
            self._text, self._rules = text, self._parsed(text or "[]")
        return self._rules

    def _parsed(self, text: str) -> tuple[Rule, ...]:
        try:
            rows = _ROWS.validate_json(text)
        except ValidationError as error:
            log.error("the rules cannot be read, so those before them hold: %s", _fault(error))
            return self._rules
        rules = tuple(rule for rule in map(_rule, rows) if rule is not None)
        return rules if rules or not rows else self._rules


_ROWS: TypeAdapter[list[Any]] = TypeAdapter(list[Any])
_RULE: TypeAdapter[Rule] = TypeAdapter(Rule)


def _rule(row: object) -> Rule | None:
    try:
        return _RULE.validate_json(json.dumps(row))
    except ValidationError as error:
        log.error("a rule cannot be read, so it does not hold: %s: %s", row, _fault(error))
        return None


def _fault(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    return " ".join([*map(str, first["loc"]), first["msg"]])
