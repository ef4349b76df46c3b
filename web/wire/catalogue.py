"""The catalogue's items."""

from typing import Annotated, cast

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from service.forms import CATEGORY_STEPS_MAX, TAGS_MAX
from service.model import Item
from web.wire.fields import Currency, Id, ImageUrl, Input, Label, Output, Price, Properties, Text

ITEMS_MAX = 1_000
# The words for a field, the same where it is stored, changed and read.
_CATEGORY = "The path of categories, widest first."
_CUSTOM = "Fields of the shop's own."
_HIDDEN = "Never recommended while true."
_IMAGE = "Where its picture is."
_IN_STOCK = "Whether it can be bought now."
_PRICE = "In the shop's own unit."
_TAGS = "Words that tell what it is like."
_TITLE = "What people call it."
CategoryPath = Annotated[
    list[Label], Field(max_length=CATEGORY_STEPS_MAX, examples=[["Outdoor", "Tents"]])
]
Tags = Annotated[list[Label], Field(max_length=TAGS_MAX)]
_EXAMPLE: JsonDict = {
    "item_id": "tent-4p",
    "title": "Family tent",
    "category": ["Outdoor", "Tents"],
    "brand": "Nordwind",
    "price": 249.0,
    "currency": "EUR",
    "tags": ["family", "waterproof"],
    "image": "/images/tent-4p.webp",
    "in_stock": True,
    "hidden": False,
    "custom": {"weight_kg": 4.2},
}


class ItemInput(Input):
    """One product; replaces all that was known of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    item_id: Id = Field(description="Names it in events and lists.")
    title: Text | None = Field(None, description=_TITLE)
    category: CategoryPath = Field([], description=_CATEGORY)
    brand: Label | None = Field(None, description="Its maker.")
    price: Price | None = Field(None, description=_PRICE)
    currency: Currency | None = Field(None, description="Of the price.")
    tags: Tags = Field([], description=_TAGS)
    image: ImageUrl | None = Field(None, description=_IMAGE)
    in_stock: bool = Field(True, description=_IN_STOCK)
    hidden: bool = Field(False, description=_HIDDEN)
    custom: Properties = Field({}, description=_CUSTOM)

    def to_service(self) -> Item:
        return Item(
            item_id=self.item_id,
            title=self.title,
            category=tuple(self.category),
            brand=self.brand,
            price=self.price,
            currency=self.currency,
            tags=tuple(self.tags),
            image=self.image,
            in_stock=self.in_stock,
            hidden=self.hidden,
            custom=self.custom,
        )


def _without_defaults(schema: JsonDict) -> None:
    """What is absent from a change stays as it is, whatever the model's default."""
    schema["examples"] = [{"price": 199.0, "in_stock": False}]
    for field in cast(JsonDict, schema["properties"]).values():
        cast(JsonDict, field).pop("default", None)


class ItemChanges(Input):
    """The fields to change; null clears one that may be empty."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    title: Text | None = Field(None, description=_TITLE)
    category: CategoryPath = Field([], description=_CATEGORY)
    brand: Label | None = Field(None, description="Its maker.")
    price: Price | None = Field(None, description=_PRICE)
    currency: Currency | None = Field(None, description="Of the price.")
    tags: Tags = Field([], description=_TAGS)
    image: ImageUrl | None = Field(None, description=_IMAGE)
    in_stock: bool = Field(True, description=_IN_STOCK)
    hidden: bool = Field(False, description=_HIDDEN)
    custom: Properties = Field({}, description=_CUSTOM)

    def to_service(self) -> dict[str, object]:
        """Only what was sent, by the names of the service's Item."""
        changes = self.model_dump(exclude_unset=True)
        return {k: tuple(v) if isinstance(v, list) else v for k, v in changes.items()}


class CatalogueItem(Output):
    """One product as it is known now."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [_EXAMPLE | {"updated_at": 1767225600000}]}
    )

    item_id: str = Field(description="Names it in events and lists.")
    title: str | None = Field(description=_TITLE)
    category: list[str] = Field(description=_CATEGORY)
    brand: str | None = Field(description="Its maker.")
    price: float | None = Field(description=_PRICE)
    currency: str | None = Field(description="Of the price.")
    tags: list[str] = Field(description=_TAGS)
    image: str | None = Field(description=_IMAGE)
    in_stock: bool = Field(description=_IN_STOCK)
    hidden: bool = Field(description=_HIDDEN)
    custom: dict[str, str | int | float | bool] = Field(description=_CUSTOM)
    updated_at: int = Field(description="When it was last changed, epoch milliseconds.")

    @classmethod
    def of(cls, item: Item) -> "CatalogueItem":
        return cls(
            item_id=item.item_id,
            title=item.title,
            category=list(item.category),
            brand=item.brand,
            price=item.price,
            currency=item.currency,
            tags=list(item.tags),
            image=item.image,
            in_stock=item.in_stock,
            hidden=item.hidden,
            custom=dict(item.custom),
            updated_at=item.updated_ms,
        )


class ItemsStored(Output):
    """How many items were stored."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"stored": 1}]})

    stored: int = Field(description="New and replaced ones.")
