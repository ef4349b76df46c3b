"""The catalogue's items."""

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from service.model import Item
from web.wire.fields import Currency, Id, ImageUrl, Input, Label, Output, Price, Properties, Text

ITEMS_MAX = 1_000
CategoryPath = Annotated[
    list[Label], Field(max_length=10, description="Widest first.", examples=[["Outdoor", "Tents"]])
]
Tags = Annotated[list[Label], Field(max_length=50)]
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

    item_id: Id
    title: Text | None = None
    category: CategoryPath = Field([])
    brand: Label | None = None
    price: Price | None = None
    currency: Currency | None = None
    tags: Tags = Field([])
    image: ImageUrl | None = None
    in_stock: bool = True
    hidden: bool = Field(False, description="Never recommended while true.")
    custom: Properties = Field({}, description="Fields of the shop's own.")

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


class ItemChanges(Input):
    """The fields to change; null clears one that may be empty."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"price": 199.0, "in_stock": False}]})

    title: Text | None = None
    category: CategoryPath = Field([])
    brand: Label | None = None
    price: Price | None = None
    currency: Currency | None = None
    tags: Tags = Field([])
    image: ImageUrl | None = None
    in_stock: bool = True
    hidden: bool = False
    custom: Properties = Field({})

    def to_service(self) -> dict[str, object]:
        """Only what was sent, by the names of the service's Item."""
        changes = self.model_dump(exclude_unset=True)
        return {k: tuple(v) if isinstance(v, list) else v for k, v in changes.items()}


class CatalogueItem(Output):
    """One product as it is known now."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [_EXAMPLE | {"updated_at": 1767225600000}]}
    )

    item_id: str
    title: str | None
    category: list[str]
    brand: str | None
    price: float | None
    currency: str | None
    tags: list[str]
    image: str | None
    in_stock: bool
    hidden: bool
    custom: dict[str, str | int | float | bool]
    updated_at: int = Field(description="Epoch milliseconds.")

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

    stored: int
