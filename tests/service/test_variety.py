"""Lists that are not all of one kind, where that is asked for."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from service.model import Item
from service.strategies import strategy
from tests.clock import Clock
from tests.service.shop import Shop, open_shop

TENTS, SHOES = ("Camping", "Tents"), ("Shoes",)


async def stocked(shop: Shop) -> Shop:
    """Whoever sees a goes on to three tents, then to shoes and to a lamp of which nothing is known."""
    await shop.recommender.put_items(
        [
            Item("t1", title="Family tent", category=TENTS, brand="Nord"),
            Item("t2", title="Family tent", category=TENTS, brand="Nord"),
            Item("t3", title="Trekking tent", category=TENTS, brand="Sud"),
            Item("s1", title="Hiking shoes", category=SHOES, brand="Sud"),
            Item("s2", title="Running shoes", category=SHOES, brand="Ost"),
            Item("s3", title="Walking shoes", category=SHOES, brand="Nord"),
        ]
    )
    for number, item in enumerate(("t1", "t2", "t3", "s1", "lamp")):
        await shop.crowd(["a", item], 9 - number, f"{item}-fan")
    await shop.view("ann", "a")
    return shop


@pytest.fixture
async def shop(shop: Shop) -> Shop:
    return await stocked(shop)


async def ids(shop: Shop, limit: int = 5, **wishes: Any) -> list[str]:
    return [item.item_id for item in (await shop.ask("ann", limit=limit, **wishes)).items]


async def test_unless_asked_for_the_score_alone_decides(shop: Shop) -> None:
    assert await ids(shop) == ["t1", "t2", "t3", "s1", "lamp"]
    assert await ids(shop, diversity=0.0) == ["t1", "t2", "t3", "s1", "lamp"]


async def test_what_is_like_the_first_gives_way(shop: Shop) -> None:
    varied = await ids(shop, diversity=0.9)
    assert varied[0] == "t1"
    assert set(varied[1:3]) == {"s1", "lamp"}
    assert varied[-1] == "t2"


async def test_a_little_diversity_changes_little(shop: Shop) -> None:
    assert (await ids(shop, diversity=0.05))[:2] == ["t1", "t2"]


async def test_a_varied_list_holds_the_same_scores_and_reasons(shop: Shop) -> None:
    before = {i.item_id: i for i in (await shop.ask("ann", limit=5, explain=True)).items}
    made = await shop.ask("ann", limit=5, explain=True, diversity=0.9)
    for item in made.items:
        assert item == before[item.item_id]
        assert sum(item.contributions.values()) == pytest.approx(item.score, abs=1e-9)


async def test_no_category_has_more_items_than_its_cap(shop: Shop) -> None:
    assert await ids(shop, limit=4, max_per_category=1) == ["t1", "s1", "lamp"]
    assert await ids(shop, limit=4, max_per_category=2) == ["t1", "t2", "s1", "lamp"]


async def test_no_brand_has_more_items_than_its_cap(shop: Shop) -> None:
    assert await ids(shop, limit=4, max_per_brand=1) == ["t1", "t3", "lamp", "s2"]


async def test_what_fills_a_list_up_keeps_to_the_caps_too(shop: Shop) -> None:
    everything = await ids(shop, limit=9, max_per_category=2)
    assert [item for item in everything if item[0] == "t"] == ["t1", "t2"]
    assert len([item for item in everything if item[0] == "s"]) == 2
    stranger = (await shop.ask("nobody", limit=9, max_per_brand=1)).items
    brands = [item.attributes.get("brand") for item in stranger]
    assert len([brand for brand in brands if brand]) == len({brand for brand in brands if brand})


async def test_diversity_and_caps_hold_together(shop: Shop) -> None:
    assert set(await ids(shop, limit=4, diversity=0.5, max_per_category=1)) == {"t1", "s1", "lamp"}


async def test_another_wish_is_another_list_to_the_cache(shop: Shop) -> None:
    assert len(await ids(shop, limit=4)) == 4
    assert len(await ids(shop, limit=4, max_per_category=1)) == 3


async def test_an_item_that_changes_is_seen_as_it_is_now(shop: Shop) -> None:
    assert (await ids(shop, diversity=0.9))[-1] == "t2"
    await shop.recommender.patch_item(
        "t2", {"title": "Blue kettle", "category": ("Kitchen",), "brand": "West"}
    )
    assert (await ids(shop, diversity=0.9))[1] == "t2"


async def test_a_strategy_may_be_varied_of_itself(clock: Clock, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(
        '{"name": "varied", "sources": ["sequence"], "weights": {"sequence": 1}, "diversity": 0.9}'
    )
    async with open_shop(clock, strategies=str(tmp_path)) as shop:
        await stocked(shop)
        assert (await ids(shop, strategy="varied"))[-1] == "t2"
        assert (await ids(shop, strategy="varied", diversity=0.0))[1] == "t2"


def test_the_built_in_strategies_rank_by_score_alone() -> None:
    assert strategy("balanced").diversity == 0
    assert replace(strategy("balanced"), diversity=0.5).diversity == 0.5
