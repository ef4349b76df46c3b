"""What the shop sells: the products of products.toml, as the service and as the page want them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from demo.shop.tables import rows
from service.model import Item

CURRENCY = "EUR"


@dataclass(frozen=True, slots=True)
class Picture:
    """How an item is drawn: a motif of the page's pictures in three colours (main, second, detail)."""

    motif: str
    colours: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Product:
    """One product. Nobody has acted on a `new` one yet."""

    item_id: str
    title: str
    category: str
    brand: str
    price: float
    tags: tuple[str, ...]
    picture: Picture
    new: bool = False
    in_stock: bool = True


@cache
def products() -> tuple[Product, ...]:
    """All products, category by category. Read once."""
    return tuple(map(_product, rows("products")))


def items() -> list[Item]:
    """The products as the service's catalogue holds them."""
    return [
        Item(
            item_id=product.item_id,
            title=product.title,
            category=(product.category,),
            brand=product.brand,
            price=product.price,
            currency=CURRENCY,
            tags=product.tags,
            in_stock=product.in_stock,
        )
        for product in products()
    ]


def pictures() -> Mapping[str, Picture]:
    """How each item is drawn."""
    return {product.item_id: product.picture for product in products()}


def new_items() -> frozenset[str]:
    """The items that nobody has acted on yet."""
    return frozenset(product.item_id for product in products() if product.new)


def _product(row: Mapping[str, Any]) -> Product:
    main, second, detail = row["colours"]
    return Product(
        item_id=row["id"],
        title=row["title"],
        category=row["category"],
        brand=row["brand"],
        price=row["price"],
        tags=tuple(row["tags"]),
        picture=Picture(row["motif"], (main, second, detail)),
        new=row.get("new", False),
        in_stock=row.get("stock", True),
    )
