"""How a visitor of the shop behaves: one model for the simulated past and for the live shoppers."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from demo.shop.catalogue import Product, products
from demo.shop.kits import Kit, kits

LEAST_LOOKED_AT, LEAST_BOUGHT, MOST = 2, 3, 4
COMPARES = 0.6
WANDERS = 0.25
LEAVES_IN_CART = 0.3
RANK_DECAY = 0.9


@dataclass(frozen=True, slots=True)
class Step:
    """One act of a visit."""

    type: str
    item_id: str


def wanted_kit(rng: random.Random) -> Kit:
    """A kit, the more wanted the likelier."""
    return rng.choices(kits(), [kit.wanted for kit in kits()])[0]


def browse(rng: random.Random, kit: Kit) -> list[Step]:
    """A visit that looks at some of a kit, and may leave something in the cart."""
    items = _some_of(rng, kit, LEAST_LOOKED_AT)
    steps = [Step("view", item) for item in items]
    steps[1:1] = _asides(rng, items[0])
    if rng.random() < LEAVES_IN_CART:
        steps.append(Step("add_to_cart", items[-1]))
    return steps


def buy(rng: random.Random, kit: Kit) -> list[Step]:
    """A visit that looks at some of a kit, fills the cart and buys what is in it."""
    items = _some_of(rng, kit, LEAST_BOUGHT)
    steps = [Step(kind, item) for item in items for kind in ("view", "add_to_cart")]
    steps[1:1] = _asides(rng, items[0])
    return steps + [Step("purchase", item) for item in items]


def _some_of(rng: random.Random, kit: Kit, least: int) -> list[str]:
    """Distinct items of the kit, mostly from its top."""
    left = list(kit.items)
    chosen = []
    for _ in range(rng.randint(least, min(MOST, len(left)))):
        (item,) = rng.choices(left, [RANK_DECAY**rank for rank in range(len(left))])
        left.remove(item)
        chosen.append(item)
    return chosen


def _asides(rng: random.Random, item: str) -> list[Step]:
    """Looks beside the item: at another of its kind, or around its department."""
    asides = []
    if rng.random() < COMPARES:
        asides.append(rng.choice(_alike()[item] or _department()[item]))
    if rng.random() < WANDERS:
        asides.append(rng.choice(_department()[item]))
    return [Step("view", aside) for aside in asides]


@cache
def _alike() -> dict[str, tuple[str, ...]]:
    """Of each item: the others of its kind that are not new."""
    return _others(lambda product: product.picture.motif)


@cache
def _department() -> dict[str, tuple[str, ...]]:
    """Of each item: the others of its category that are not new."""
    return _others(lambda product: product.category)


def _others(group: Callable[[Product], str]) -> dict[str, tuple[str, ...]]:
    known = [product for product in products() if not product.new]
    return {
        one.item_id: tuple(
            other.item_id for other in known if other is not one and group(other) == group(one)
        )
        for one in known
    }
