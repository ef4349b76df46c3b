"""What the loaded shop shows: complements after a purchase, tastes, what is new and what is rising."""

import random

import pytest

from demo.shop.catalogue import new_items, products
from demo.shop.history import RISING
from demo.shop.kits import kit, kits
from demo.shop.personas import Persona, personas
from service.model import RecommendedItem
from tests.service.shop import Shop

CATEGORY = {product.item_id: product.category for product in products()}
KNOWN = sorted(set(CATEGORY) - new_items())
SAMPLE = random.Random(1).sample(KNOWN, 20)
LEAST_FITTING = 0.6


async def test_who_buys_the_tent_is_shown_what_goes_with_it(sample_shop: Shop) -> None:
    await sample_shop.buy("visitor-tent", ["tent-fjord-2p"])
    first = (await sample_shop.ask("visitor-tent", limit=5)).items
    together = {item.item_id for item in first if _because(item) == "tent-fjord-2p"}
    assert set(kit("a weekend under canvas").items) - {"tent-fjord-2p"} <= together


@pytest.mark.parametrize("bought", SAMPLE)
async def test_any_purchase_brings_up_what_goes_with_it(sample_shop: Shop, bought: str) -> None:
    visitor = f"visitor-{bought}"
    before = await sample_shop.shown(visitor)
    await sample_shop.buy(visitor, [bought])
    after = (await sample_shop.ask(visitor)).items
    assert [item.item_id for item in after] != before
    complements = {item for kit in kits() if bought in kit.items for item in kit.items}
    named = [item for item in after[:5] if _because(item) == bought]
    assert len(named) >= 2
    assert {item.item_id for item in named} & complements
    assert all(item.reason.text.endswith(("basket", "baskets")) for item in named)


@pytest.mark.parametrize("persona", personas(), ids=lambda persona: persona.name)
async def test_a_persona_is_shown_a_list_by_its_tastes(sample_shop: Shop, persona: Persona) -> None:
    made = await sample_shop.ask(persona.user_id)
    assert (made.basis, len(made.items)) == ("personal", 10)
    fitting = [item for item in made.items if CATEGORY[item.item_id] in persona.tastes]
    assert len(fitting) >= LEAST_FITTING * 10


async def test_no_two_personas_are_shown_the_same(sample_shop: Shop) -> None:
    lists = {frozenset(await sample_shop.shown(persona.user_id)) for persona in personas()}
    assert len(lists) == 20


async def test_a_new_product_is_offered_to_who_looks_at_the_likes_of_it(sample_shop: Shop) -> None:
    offered: set[str] = set()
    for item in KNOWN:
        visitor = f"visitor-at-{item}"
        await sample_shop.view(visitor, [item])
        offered.update(await sample_shop.shown(visitor, limit=15))
    assert new_items() <= offered


async def test_what_is_rising_leads_what_is_popular(sample_shop: Shop) -> None:
    popular = [item.item_id for item in await sample_shop.recommender.trending(3)]
    assert set(popular) == set(kit(RISING).items)


def _because(item: RecommendedItem) -> object:
    """The item that this one is said to be bought together with."""
    named = item.reason.parameters.get("item_id")
    return named if item.reason.code == "bought_together" else None
