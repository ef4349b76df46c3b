"""Kits and personas name what there is, and leave out nothing that is sold."""

from collections import Counter

import pytest

from demo.shop.catalogue import new_items, products
from demo.shop.kits import Kit, kits
from demo.shop.personas import Persona, personas

CATEGORY = {product.item_id: product.category for product in products()}


def test_each_product_but_the_new_ones_is_in_a_kit() -> None:
    assert {item for kit in kits() for item in kit.items} == set(CATEGORY) - new_items()


@pytest.mark.parametrize("kit", kits(), ids=lambda kit: kit.name)
def test_an_item_has_at_least_two_others_in_its_kit(kit: Kit) -> None:
    assert len(set(kit.items)) == len(kit.items) >= 3
    assert kit.wanted > 0


def test_kits_have_names_of_their_own() -> None:
    assert len({kit.name for kit in kits()}) == len(kits())


def test_personas_are_the_users_1_to_20() -> None:
    assert [persona.user_id for persona in personas()] == [str(n) for n in range(1, 21)]
    assert len({persona.name for persona in personas()}) == 20


@pytest.mark.parametrize("persona", personas(), ids=lambda persona: persona.name)
def test_a_persona_acts_by_its_tastes_and_tells_one_sentence(persona: Persona) -> None:
    assert (_category(persona.looks_at), _category(persona.bought)) == persona.tastes
    assert persona.story.count(".") == 1
    assert persona.story.endswith(".")


def _category(kit: Kit) -> str:
    """What most of the kit is; of two that are alike the first."""
    return Counter(CATEGORY[item] for item in kit.items).most_common(1)[0][0]
