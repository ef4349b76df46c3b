"""The shop's rules for lists: pins, boosts, blocks."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from service.rules import RULES_MAX, Rule
from web.wire.fields import LIMIT_MAX, EpochMs, Id, Input, Label, Output

FACTOR_MAX = 100.0
_EXAMPLES: list[JsonDict] = [
    {"kind": "pin", "item_id": "tent-4p", "place": 1, "category": "Camping"},
    {"kind": "boost", "brand": "Nordwind", "factor": 1.5, "ends_at": 1767225600000},
    {"kind": "block", "tag": "recalled"},
]
_WARNING = (
    "The pin of tent-4p: the catalogue has no such item, and it is not shown until events name it."
)
_NAMED = ("item_id", "brand", "category", "tag")
_ALLOWED: Mapping[str, frozenset[str]] = {
    "pin": frozenset({"item_id", "place", "category"}),
    "boost": frozenset({*_NAMED, "factor"}),
    "block": frozenset(_NAMED),
}
_ALWAYS = frozenset({"kind", "starts_at", "ends_at"})
# The words for a field, the same where it is sent and read.
_KIND = "What the rule does."
_ITEM = "The item."
_BRAND = "All items of this brand."
_CATEGORY = "All items with this category in their path; of a pin: only in lists of this category."
_TAG = "All items with this tag."
_PLACE = "Of a pin: 1 is the first."
_FACTOR = "Of a boost: over 1 lifts, under 1 lowers."
_STARTS = "From then on; at once without it. Epoch milliseconds."
_ENDS = "Until then; for ever without it. Epoch milliseconds."
Kind = Literal["pin", "boost", "block"]
Place = Annotated[int, Field(ge=1, le=LIMIT_MAX)]
Factor = Annotated[float, Field(ge=0, le=FACTOR_MAX, allow_inf_nan=False)]


class RuleInput(Input):
    """One rule.

    `pin`: the item `item_id` stands at `place`; with a `category` only in lists that are asked for that category.
    `boost`: the scores of what is named are multiplied by `factor`. `block`: what is named is never shown.
    Boosts and blocks name one of `item_id`, `brand`, `category` and `tag`. A block is stronger than a pin, and so is
    what a user must not be shown: what they dislike, have bought or are looking at. An item that neither the catalogue
    nor any event names is not shown either, but warned of.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [*_EXAMPLES]})

    kind: Kind = Field(description=_KIND)
    item_id: Id | None = Field(None, description=_ITEM)
    brand: Label | None = Field(None, description=_BRAND)
    category: Label | None = Field(None, description=_CATEGORY)
    tag: Label | None = Field(None, description=_TAG)
    place: Place | None = Field(None, description=_PLACE)
    factor: Factor | None = Field(None, description=_FACTOR)
    starts_at: EpochMs | None = Field(None, description=_STARTS)
    ends_at: EpochMs | None = Field(None, description=_ENDS)

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> "RuleInput":
        given = {name for name in type(self).model_fields if getattr(self, name) is not None}
        if given - _ALLOWED[self.kind] - _ALWAYS:
            raise PydanticCustomError("unknown_field", f"A {self.kind} has no such field.")
        if self.kind == "pin" and not {"item_id", "place"} <= given:
            raise PydanticCustomError("missing_field", "A pin has an item_id and a place.")
        if self.kind == "boost" and self.factor is None:
            raise PydanticCustomError("missing_field", "A boost has a factor.")
        if self.kind != "pin" and len(given.intersection(_NAMED)) != 1:
            wanted = f"A {self.kind} names one of item_id, brand, category and tag."
            raise PydanticCustomError("missing_field", wanted)
        if self.starts_at and self.ends_at and self.starts_at >= self.ends_at:
            raise PydanticCustomError("out_of_range", "ends_at must be later than starts_at.")
        return self

    def to_service(self) -> Rule:
        return Rule(
            kind=self.kind,
            item=self.item_id,
            brand=self.brand,
            category=self.category,
            tag=self.tag,
            place=self.place,
            factor=self.factor,
            starts_ms=self.starts_at,
            ends_ms=self.ends_at,
        )


class RuleSet(Input):
    """All rules; they replace all earlier ones."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"rules": [*_EXAMPLES]}]})

    rules: Annotated[list[RuleInput], Field(max_length=RULES_MAX)] = Field(
        description="In the order in which two pins of one place are kept to."
    )


class KeptRule(Output):
    """One rule as it is kept; what was not given is absent."""

    model_config = ConfigDict(json_schema_extra={"examples": [*_EXAMPLES]})

    kind: Kind = Field(description=_KIND)
    item_id: str | None = Field(None, description=_ITEM)
    brand: str | None = Field(None, description=_BRAND)
    category: str | None = Field(None, description=_CATEGORY)
    tag: str | None = Field(None, description=_TAG)
    place: int | None = Field(None, description=_PLACE)
    factor: float | None = Field(None, description=_FACTOR)
    starts_at: int | None = Field(None, description=_STARTS)
    ends_at: int | None = Field(None, description=_ENDS)

    @classmethod
    def of(cls, rule: Rule) -> "KeptRule":
        return cls(
            kind=rule.kind,
            item_id=rule.item,
            brand=rule.brand,
            category=rule.category,
            tag=rule.tag,
            place=rule.place,
            factor=rule.factor,
            starts_at=rule.starts_ms,
            ends_at=rule.ends_ms,
        )


class KeptRules(Output):
    """All rules, those of other times too, and what is probably a slip in them."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"rules": [*_EXAMPLES], "warnings": [_WARNING]}]}
    )

    rules: list[KeptRule] = Field(description="In the order in which they were sent.")
    warnings: list[str] = Field(
        description="Of items that the catalogue does not know. Brands, categories and tags are not checked."
    )

    @classmethod
    def of(cls, kept: Sequence[Rule], warnings: list[str]) -> "KeptRules":
        return cls(rules=[KeptRule.of(rule) for rule in kept], warnings=warnings)
