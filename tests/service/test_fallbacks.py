"""Never an empty list while there is something to show: personal, then trending, then newest."""

import pytest

from service.item_cache import passes
from service.model import Filters, Item
from tests.clock import Clock
from tests.service.shop import Shop, open_shop


async def test_an_empty_shop_has_nothing_to_show(shop: Shop) -> None:
    made = await shop.ask("ann")
    assert (made.basis, made.items, made.revision) == ("none", (), 0)


async def test_without_any_event_the_newest_items_are_shown(shop: Shop) -> None:
    await shop.recommender.put_items([Item("old")])
    shop.clock.advance(1)
    await shop.recommender.put_items([Item("new")])
    made = await shop.ask("ann")
    assert made.basis == "newest"
    assert [(i.item_id, i.score, i.reason.code) for i in made.items] == [
        ("new", 0.0, "newest"),
        ("old", 0.0, "newest"),
    ]


async def test_a_stranger_is_shown_what_is_popular_then_what_is_new(shop: Shop) -> None:
    await shop.recommender.put_items([Item("c"), Item("fresh")])
    await shop.crowd("c", 3)
    await shop.crowd("d", 2, "others")
    made = await shop.ask("ann")
    assert made.basis == "trending"
    assert [i.item_id for i in made.items] == ["c", "d", "fresh"]


async def test_acts_make_a_list_personal_and_the_rest_is_filled_up(shop: Shop) -> None:
    await shop.recommender.put_items([Item("fresh")])
    await shop.crowd("ab")
    await shop.crowd("d", 9, "others")
    await shop.view("ann", "a")
    made = await shop.ask("ann")
    assert made.basis == "personal"
    assert made.items[0].item_id == "b"
    assert {"d", "fresh"} <= {i.item_id for i in made.items}


async def test_a_list_without_popularity_is_filled_up_with_score_0(shop: Shop) -> None:
    await shop.crowd("ab")
    await shop.crowd("d", 9, "others")
    await shop.view("ann", "a")
    made = await shop.ask("ann", strategy="co_occurrence", explain=True)
    assert [(i.item_id, i.score > 0, i.reason.code) for i in made.items] == [
        ("b", True, "viewed_next"),
        ("d", False, "trending"),
    ]
    assert made.items[1].contributions == {}


async def test_an_act_on_an_item_that_nobody_else_knows_falls_back(shop: Shop) -> None:
    await shop.crowd("d")
    await shop.view("ann", ["unheard-of"])
    made = await shop.ask("ann")
    assert made.basis == "trending"
    assert [i.item_id for i in made.items] == ["d"]


async def test_filling_up_repeats_nothing_and_shows_nothing_banned(shop: Shop) -> None:
    await shop.recommender.put_items([Item(item) for item in "abcdef"])
    await shop.crowd("abc")
    await shop.buy("ann", "a")
    await shop.act("ann", "dislike", "d")
    await shop.view("ann", "b")
    shown = await shop.shown("ann")
    assert sorted(shown) == ["c", "e", "f"]


async def test_what_was_bought_or_disliked_stays_away_after_many_acts(shop: Shop) -> None:
    await shop.crowd("abc")
    await shop.buy("ann", "a")
    await shop.act("ann", "dislike", "b")
    await shop.view("ann", [f"i{n}" for n in range(190)])
    shown = await shop.shown("ann", limit=100)
    assert "c" in shown
    assert not {"a", "b"} & set(shown)


async def test_a_list_is_as_long_as_asked_for(shop: Shop) -> None:
    await shop.recommender.put_items([Item(f"i{n}") for n in range(30)])
    assert len(await shop.shown("ann", limit=7)) == 7
    assert len(await shop.shown("ann", limit=100)) == 30


async def test_filters_that_leave_nothing_make_an_empty_list(shop: Shop) -> None:
    await shop.crowd("ab")
    made = await shop.ask("ann", filters=Filters(categories=frozenset(["Boats"])))
    assert (made.basis, made.items) == ("none", ())


async def test_a_category_filter_holds_through_the_whole_chain(shop: Shop) -> None:
    tents = [Item(f"tent{n}", category=("Outdoor", "Tents")) for n in range(4)]
    boats = [Item(f"boat{n}", category=("Outdoor", "Boats")) for n in range(4)]
    await shop.recommender.put_items([*tents, *boats])
    await shop.crowd(["tent0", "tent1", "boat1"])
    await shop.crowd(["tent2", "boat2"], name="others")
    await shop.view("ann", ["tent0"])
    tents_only = Filters(categories=frozenset(["Tents"]))
    made = await shop.ask("ann", filters=tents_only, strategy="co_occurrence")
    assert made.basis == "personal"
    assert [(i.item_id, i.reason.code) for i in made.items] == [
        ("tent1", "viewed_next"),
        ("tent2", "trending"),
        ("tent3", "newest"),
    ]


async def test_a_category_without_events_shows_its_newest(shop: Shop) -> None:
    await shop.recommender.put_items([Item("boat", category=("Boats",)), Item("tent")])
    await shop.crowd(["tent", "stove"])
    made = await shop.ask("ann", filters=Filters(categories=frozenset(["Boats"])))
    assert (made.basis, [i.item_id for i in made.items]) == ("newest", ["boat"])


async def test_a_filter_that_lets_few_pass_costs_few_round_trips(shop: Shop) -> None:
    await shop.recommender.put_items([Item(f"i{n}") for n in range(1_500)])
    await shop.recommender.settled()
    shop.wire.trips.clear()
    boats = Filters(categories=frozenset(["Boats"]))
    assert await shop.shown("ann", filters=boats, limit=1) == []
    assert shop.wire.trips.count("HGETALL") == 1 + 3  # the weights, then 500 items at a time


async def test_a_worker_that_may_hold_few_items_shows_no_hidden_one(clock: Clock) -> None:
    async with open_shop(clock, near_cache_items=100) as shop:
        await shop.recommender.put_items([Item("seen")])
        shop.clock.advance(1)
        await shop.recommender.put_items([Item(f"i{n}", hidden=True) for n in range(300)])
        assert await shop.shown("ann", limit=30) == ["seen"]


async def test_trending_can_be_asked_for_by_category_and_kind(shop: Shop) -> None:
    await shop.recommender.put_items([Item("boat", category=("Boats",)), Item("tent")])
    await shop.crowd(["tent"], 5)
    await shop.crowd(["boat"], 2, "sailors")
    await shop.buy("bob", ["boat"])
    assert [i.item_id for i in await shop.recommender.trending(5)] == ["tent", "boat"]
    boats = await shop.recommender.trending(5, category="Boats")
    assert [i.item_id for i in boats] == ["boat"]
    bought = await shop.recommender.trending(5, kind="purchase")
    assert [i.item_id for i in bought] == ["boat"]


TENT = Item("tent", category=("Outdoor", "Tents"), brand="Nordisk", price=100.0, tags=("light",))


@pytest.mark.parametrize(
    ("filters", "passing"),
    [
        (Filters(), True),
        (Filters(exclude=frozenset(["tent"])), False),
        (Filters(exclude=frozenset(["stove"])), True),
        (Filters(categories=frozenset(["Outdoor", "Boats"])), True),
        (Filters(categories=frozenset(["Boats"])), False),
        (Filters(brands=frozenset(["Nordisk"])), True),
        (Filters(brands=frozenset(["Hilleberg"])), False),
        (Filters(price_min=100.0, price_max=100.0), True),
        (Filters(price_min=100.01), False),
        (Filters(price_max=99.99), False),
        (Filters(in_stock=True), True),
    ],
)
def test_filters(filters: Filters, passing: bool) -> None:
    assert passes("tent", TENT, filters) is passing


def test_an_item_without_attributes_passes_only_what_does_not_ask_for_them() -> None:
    assert passes("tent", None, Filters(exclude=frozenset(["stove"])))
    assert not passes("tent", None, Filters(in_stock=True))
    assert not passes("tent", None, Filters(price_max=5.0))
    assert not passes("tent", Item("tent"), Filters(price_max=5.0))
    assert not passes("tent", Item("tent", in_stock=False), Filters(in_stock=True))
