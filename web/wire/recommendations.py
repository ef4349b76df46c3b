"""Asking for recommendations, and lists of them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from service.model import (
    NO_FILTERS,
    Filters,
    Push,
    Query,
    Recommendations,
    RecommendedItem,
    Shelf,
    unexplained,
)
from service.strategies import DEFAULT
from web.wire.fields import STRATEGY, Id, Input, Label, Limit, Output, Price, StrategyName

STALE = "From memory, while Redis is away: the user's last list, or what was popular."
Labels = Annotated[list[Label], Field(max_length=50)]
_FILTERS = frozenset({"exclude", "category", "brand", "price_min", "price_max", "in_stock"})
_EXAMPLE_REASON: JsonDict = {
    "code": "bought_together",
    "text": "Bought together with Family tent in 14 baskets",
    "parameters": {"item_id": "tent-4p", "title": "Family tent", "baskets": 14},
}
_EXAMPLE_ITEM: JsonDict = {
    "item_id": "stove-2",
    "score": 1.73,
    "reason": _EXAMPLE_REASON,
    "contributions": {"co_purchase": 1.21, "sequence": 0.52},
    "attributes": {"title": "Gas stove", "price": 39.9, "updated_at": 1767225600000},
}
EXAMPLE_LIST: JsonDict = {
    "user_id": "7",
    "revision": 1767225600001,
    "computed_at": 1767225600042,
    "recommendation_id": "r-7-balanced-1767225600042",
    "strategy": "balanced",
    "basis": "personal",
    "cached": False,
    "stale": False,
    "items": [_EXAMPLE_ITEM],
}


def _none(description: str) -> Any:
    """A list that is empty unless it is sent. Made, not given: pydantic would copy it deeply for each request."""
    return Field(default_factory=list, description=description, json_schema_extra={"default": []})


class SocketQuery(Input):
    """Asks for a list for the user of this socket."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"limit": 5, "category": ["Camping"], "in_stock": True}]}
    )

    limit: Limit = 10
    strategy: StrategyName = Field(DEFAULT, description=STRATEGY)
    context_item: Id | None = Field(None, description="The item that the user is looking at.")
    category: Labels = _none(description="Only items of one of these categories.")
    brand: Labels = _none(description="Only items of one of these brands.")
    price_min: Price | None = Field(None, description="Only items of this price or more.")
    price_max: Price | None = Field(
        None, description="Only items of this price or less; at least `price_min`."
    )
    exclude: Annotated[list[Id], Field(max_length=500)] = _none(description="Never these.")
    in_stock: bool = Field(False, description="Only items in stock.")
    explain: bool = Field(False, description="With each feature's contribution to the score.")
    diversity: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = Field(
        None,
        description="From 0 (by score alone) to 1 (as unlike each other as can be); the strategy's own without it.",
    )
    max_per_category: Limit | None = Field(
        None,
        description="Most items of one category path; those without a category are not counted.",
    )
    max_per_brand: Limit | None = Field(
        None, description="Most items of one brand; those without a brand are not counted."
    )
    reasons: bool = Field(
        True, description="With why each item is shown; without, lists cost less."
    )

    @field_validator("price_max")
    @classmethod
    def _not_below_price_min(cls, price_max: float | None, others: ValidationInfo) -> float | None:
        price_min = others.data.get("price_min")
        if price_max is not None and price_min is not None and price_min > price_max:
            raise PydanticCustomError("out_of_range", "price_max must not be below price_min.")
        return price_max

    def of(self, user_id: str | None, items: Iterable[str] = ()) -> Query:
        """The query as the service takes it."""
        return Query(
            user_id,
            self.limit,
            self.strategy,
            self.context_item,
            tuple(items),
            self._filters(),
            self.explain,
            self.diversity,
            self.max_per_category,
            self.max_per_brand,
            self.reasons,
        )

    def _filters(self) -> Filters:
        if not self.model_fields_set & _FILTERS:  # mostly
            return NO_FILTERS
        return Filters(
            frozenset(self.exclude),
            frozenset(self.category),
            frozenset(self.brand),
            self.price_min,
            self.price_max,
            self.in_stock,
        )


class RecommendationQuery(SocketQuery):
    """Asks for a list for a user, or for somebody unknown who touched `item`s (oldest first)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"user_id": "7", "limit": 5, "explain": True}]}
    )

    user_id: Id | None = Field(None, description="Whom the list is for. This or `item`.")
    item: Annotated[list[Id], Field(max_length=100)] = _none(
        description="Instead of a user: the items of an anonymous session or basket."
    )

    @model_validator(mode="after")
    def _one_of_user_and_items(self) -> "RecommendationQuery":
        if (self.user_id is None) == (not self.item):
            raise PydanticCustomError("missing_field", "Give either user_id or item.")
        return self

    def to_service(self) -> Query:
        return self.of(self.user_id, self.item)


class Reason(Output):
    """Why an item is shown."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE_REASON]})

    code: str = Field(description="Stable, for texts of one's own.")
    text: str = Field(description="The reason in English.")
    parameters: dict[str, str | int | float] = Field(description="What the text names.")


class ListedItem(Output):
    """One place of a list."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE_ITEM]})

    item_id: str = Field(description="The item.")
    score: float = Field(
        description="The list is ordered by it but for pinned items and variety that was asked for; "
        "0 for what only fills the list up."
    )
    reason: Reason | None = Field(
        None,
        description="Why it is shown. Not there with reasons=false, nor in a stale list that was made so.",
    )
    contributions: dict[str, float] | None = Field(
        None,
        description="With explain: feature to its share of the score, `boost` for the shop's boosts; "
        "they add up to it.",
    )
    attributes: dict[str, object] = Field(
        description="What the catalogue knows of the item, as GET /items/{item_id} names it."
    )


class RecommendationList(Output):
    """A whole list. Of two lists of a user the newer has the greater (revision, computed_at)."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_LIST]})

    user_id: str | None = Field(description="Whom it is for; null for an anonymous session.")
    revision: int = Field(description="Number of the user's state; it only grows.")
    computed_at: int = Field(description="When it was computed, epoch milliseconds.")
    recommendation_id: str = Field(description="Send it with the events that the list leads to.")
    strategy: str = Field(description="What it was made by.")
    basis: str = Field(
        description="personal, trending or newest; pinned if only pins are left to show, none if nothing is."
    )
    cached: bool = Field(description="Served again: the same question, the same state of the user.")
    stale: bool = Field(description=STALE)
    items: list[ListedItem] = Field(description="Best first.")


class ItemList(Output):
    """Items that belong to no user: similar or trending ones."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"stale": False, "items": [_EXAMPLE_ITEM]}]}
    )

    stale: bool = Field(description=STALE)
    items: list[ListedItem] = Field(description="Best first.")


class PushedList(RecommendationList):
    """A list as a socket is sent it, whenever it changes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                EXAMPLE_LIST
                | {
                    "changed_by": {"event_id": "e-1", "type": "purchase", "item_id": "tent-4p"},
                    "recorded_at": 1767225600001,
                    "worker": "api-1",
                }
            ]
        }
    )

    changed_by: dict[str, str] | None = Field(
        description="The user's own event behind it; null for the acts of others."
    )
    recorded_at: int | None = Field(description="When that event was recorded, epoch milliseconds.")
    worker: str = Field(description="The worker that computed and sent it.")


def list_answer(answer: Recommendations) -> dict[str, object]:
    """RecommendationList, as plain data for the hot path."""
    return {
        "user_id": answer.user_id,
        "revision": answer.revision,
        "computed_at": answer.computed_at_ms,
        "recommendation_id": answer.recommendation_id,
        "strategy": answer.strategy,
        "basis": answer.basis,
        "cached": answer.cached,
        "stale": answer.stale,
        "items": _items_answer(answer.items),
    }


def shelf_answer(shelf: Shelf) -> dict[str, object]:
    """ItemList, as plain data."""
    return {"stale": shelf.stale, "items": _items_answer(shelf.items)}


def _items_answer(items: Iterable[RecommendedItem]) -> list[dict[str, object]]:
    """The places of a list, as plain data."""
    return [_item_answer(item) for item in items]


def push_answer(push: Push, worker: str, explain: bool) -> dict[str, object]:
    """PushedList, as plain data; without contributions, which another socket may have asked for, unless `explain`."""
    made = push.recommendations
    if not explain and any(item.contributions for item in made.items):
        made = replace(made, items=unexplained(made.items))
    return {
        **list_answer(made),
        "changed_by": push.changed_by,
        "recorded_at": push.recorded_at_ms,
        "worker": worker,
    }


def _item_answer(item: RecommendedItem) -> dict[str, object]:
    answer: dict[str, object] = {
        "item_id": item.item_id,
        "score": item.score,
        "attributes": _attributes_answer(item.attributes),
    }
    if item.reason.code:
        answer["reason"] = {
            "code": item.reason.code,
            "text": item.reason.text,
            "parameters": item.reason.parameters,
        }
    if item.contributions:
        answer["contributions"] = item.contributions
    return answer


def _attributes_answer(attributes: Mapping[str, object]) -> dict[str, object]:
    """As CatalogueItem names them: the service's `updated_ms` is `updated_at`."""
    answer = dict(attributes)
    if "updated_ms" in answer:
        answer["updated_at"] = answer.pop("updated_ms")
    return answer
