"""The catalogue file holds what the page and the service rely on."""

import re
from collections import Counter

import pytest

from demo.shop.catalogue import Product, items, pictures, products
from service.importing.fields import ID

MOTIFS = {
    "Camping": "tent sleeping-bag sleeping-mat camping-stove lantern cooler hammock camping-chair",
    "Hiking": "backpack boots trekking-poles water-bottle headlamp map compass rain-jacket",
    "Cycling": "bicycle helmet bike-lock bike-light bike-pump cycling-gloves pannier sunglasses",
    "Kitchen": "pan pot knife cutting-board kettle kitchen-scales mixing-bowl apron",
    "Coffee & Tea": "moka-pot grinder mug teapot espresso-machine coffee-bag dripper tea-tin",
    "Home Office": "desk-lamp notebook keyboard mouse headphones monitor office-chair pen",
    "Garden": "watering-can plant-pot shears seed-packet shovel garden-hose bird-house garden-gloves",
    "Games": "board-game puzzle kite ball teddy building-blocks paint-set book",
}
COLOUR = re.compile(r"#[0-9a-f]{6}")


def test_each_category_has_fifteen_products() -> None:
    assert Counter(p.category for p in products()) == dict.fromkeys(MOTIFS, 15)


def test_ids_are_unique_and_events_may_name_them() -> None:
    ids = [product.item_id for product in products()]
    assert len(set(ids)) == 120
    assert all(ID.fullmatch(item_id) for item_id in ids)


def test_titles_and_pictures_are_unique() -> None:
    assert len({product.title for product in products()}) == 120
    assert len({product.picture for product in products()}) == 120


@pytest.mark.parametrize("category", MOTIFS)
def test_a_category_uses_each_of_its_motifs_and_no_other(category: str) -> None:
    used = Counter(p.picture.motif for p in products() if p.category == category)
    assert set(used) == set(MOTIFS[category].split())
    assert max(used.values()) <= 3


@pytest.mark.parametrize("product", products(), ids=lambda product: product.item_id)
def test_a_product_is_complete(product: Product) -> None:
    assert product.price > 0
    assert 3 <= len(set(product.tags)) <= 5
    assert len(set(product.picture.colours)) == 3
    assert all(COLOUR.fullmatch(colour) for colour in product.picture.colours)


def test_there_are_about_ten_brands() -> None:
    assert len({product.brand for product in products()}) == 10


def test_six_are_new_and_two_are_sold_out() -> None:
    assert sum(product.new for product in products()) == 6
    assert sum(not product.in_stock for product in products()) == 2


def test_an_item_says_what_the_product_says() -> None:
    tent = next(item for item in items() if item.item_id == "tent-fjord-2p")
    assert (tent.title, tent.category, tent.brand) == (
        "Fjord 2-person tent",
        ("Camping",),
        "Skarholm",
    )
    assert (tent.price, tent.currency, tent.in_stock) == (189.0, "EUR", True)
    assert tent.tags == ("tent", "two people", "3-season", "waterproof")


def test_what_is_sold_out_is_stored_as_such() -> None:
    sold_out = {item.item_id for item in items() if not item.in_stock}
    assert sold_out == {"keyboard-clack", "bird-house-robin"}


def test_each_item_has_its_picture() -> None:
    assert set(pictures()) == {item.item_id for item in items()}
    assert pictures()["tent-fjord-2p"].motif == "tent"
