"""Items in and out, and who hears of it."""

import asyncio
from dataclasses import replace

import fakeredis
import pytest

from service.errors import InvalidInput, NotFound
from service.model import Filters, Item, Push, Query
from store.catalogue import CatalogueStore
from tests.clock import Clock
from tests.service.shop import Shop, Wire, comes_true, open_reader, open_shop

TENTS = tuple(
    Item(f"tent{n}", title=f"Family tent {n}", category=("Outdoor", "Tents"), brand="Nordisk")
    for n in range(3)
)
BOAT = Item("boat", title="Rowing boat", category=("Water",), price=900.0)


async def alike(shop: Shop, item: str) -> list[str]:
    """The items whose content is like the item's, best first."""
    made = await shop.recommender.recommend(Query(None, items=(item,), strategy="content"))
    return [i.item_id for i in made.items if i.reason.code == "similar_to"]


async def ignore(user: str, push: Push) -> None:
    """Takes pushes that a test does not look at."""


async def test_an_item_is_kept_as_it_was_put(shop: Shop) -> None:
    item = Item(
        "tent",
        title="Tänt €",
        category=("Outdoor", "Tents"),
        brand="Nordisk",
        price=249.5,
        currency="EUR",
        tags=("light", "red"),
        image="/tent.svg",
        in_stock=False,
        hidden=True,
        custom={"persons": 4, "season": "summer", "sale": True},
    )
    assert await shop.recommender.put_items([item]) == 1
    kept = await shop.recommender.item("tent")
    assert kept.updated_ms == shop.clock.now_ms
    assert kept == replace(item, updated_ms=kept.updated_ms)


async def test_a_new_item_is_offered_with_those_like_it(shop: Shop) -> None:
    await shop.recommender.put_items([TENTS[0], TENTS[1], BOAT])
    await shop.recommender.settled()
    assert await alike(shop, "tent0") == ["tent1"]
    await shop.recommender.put_items([TENTS[2]])
    await shop.recommender.settled()
    shop.clock.advance(1_000)
    assert set(await alike(shop, "tent0")) == {"tent1", "tent2"}
    assert set(await alike(shop, "tent2")) == {"tent0", "tent1"}


async def test_neighbours_are_written_even_when_the_own_change_is_heard_of_meanwhile(
    shop: Shop,
) -> None:
    await shop.recommender.put_items(TENTS[:2])
    await shop.recommender.settled()
    await shop.recommender.put_items([TENTS[2]])
    shop.recommender.catalogue_changed(["tent2"])
    await shop.recommender.settled()
    assert set(await alike(shop, "tent2")) == {"tent0", "tent1"}


async def test_an_item_put_at_another_worker_is_known_to_the_content_of_this_one(
    clock: Clock, shop: Shop
) -> None:
    await shop.recommender.put_items(TENTS[:1])
    await shop.recommender.settled()
    async with open_shop(clock, shop.server) as other:
        await other.recommender.put_items(TENTS[1:2])
        await other.recommender.settled()
    shop.recommender.catalogue_changed(["tent1"])
    await shop.recommender.put_items(TENTS[2:])
    await shop.recommender.settled()
    assert set(await alike(shop, "tent2")) == {"tent0", "tent1"}


async def test_an_item_deleted_while_all_are_read_is_left_out(clock: Clock, shop: Shop) -> None:
    await shop.recommender.put_items(TENTS)
    wire = Wire()
    async with open_reader(clock, shop.server, wire) as store:
        async with wire.hold():
            reading = asyncio.create_task(_scanned(store.catalogue))
            await wire.held.wait()
            await wire.let_one_pass()
            await shop.recommender.delete_item("tent1")
        assert sorted(await reading) == ["tent0", "tent2"]


async def _scanned(store: CatalogueStore) -> list[str]:
    return [item async for rows in store.scan() for item, _ in rows]


async def test_a_put_replaces_the_whole_item(shop: Shop) -> None:
    await shop.recommender.put_items([BOAT])
    await shop.recommender.put_items([Item("boat", title="Boat")])
    kept = await shop.recommender.item("boat")
    assert (kept.title, kept.price, kept.category) == ("Boat", None, ())


async def test_a_patch_changes_what_it_names(shop: Shop) -> None:
    await shop.recommender.put_items([BOAT])
    shop.clock.advance(5)
    patched = await shop.recommender.patch_item("boat", {"price": 800.0})
    assert (patched.price, patched.title) == (800.0, "Rowing boat")
    assert patched.updated_ms == shop.clock.now_ms
    assert await shop.recommender.item("boat") == patched


@pytest.mark.parametrize("field", ["colour", "item_id", "updated_ms"])
async def test_a_patch_of_what_items_do_not_have_is_refused(shop: Shop, field: str) -> None:
    await shop.recommender.put_items([BOAT])
    with pytest.raises(InvalidInput) as refused:
        await shop.recommender.patch_item("boat", {field: "x"})
    assert refused.value.field == field


async def test_what_is_not_there_is_not_found(shop: Shop) -> None:
    with pytest.raises(NotFound):
        await shop.recommender.item("boat")
    with pytest.raises(NotFound):
        await shop.recommender.patch_item("boat", {"price": 1.0})
    with pytest.raises(NotFound):
        await shop.recommender.delete_item("boat")


async def test_a_hidden_item_is_not_shown_from_the_next_list_on(shop: Shop) -> None:
    await shop.recommender.put_items([Item("a"), Item("b"), Item("c")])
    await shop.crowd("abc")
    await shop.view("ann", "a")
    assert {"b", "c"} <= set(await shop.shown("ann"))
    await shop.recommender.patch_item("b", {"hidden": True})
    assert "b" not in await shop.shown("ann")
    assert "b" not in [i.item_id for i in await shop.recommender.trending(9)]
    assert "b" not in [i.item_id for i in await shop.recommender.similar("a", 9)]
    await shop.recommender.patch_item("b", {"hidden": False})
    assert "b" in await shop.shown("ann")


async def test_a_hidden_item_is_hidden_at_every_worker(clock: Clock) -> None:
    server = fakeredis.FakeServer()
    async with (
        open_shop(clock, server) as shop,
        open_shop(clock, server) as other,
        other.tandem.hub.running(ignore),
    ):
        await shop.recommender.put_items([Item("a"), Item("b")])
        await shop.crowd("ab")
        await comes_true(lambda: _shows(other, {"a", "b"}))
        await shop.recommender.patch_item("b", {"hidden": True})
        await comes_true(lambda: _shows(other, {"a"}))


async def _shows(shop: Shop, items: set[str]) -> bool:
    """Whether it shows these items to a stranger, from its caches where it has them."""
    return {i.item_id for i in (await shop.ask("stranger")).items} == items


async def test_attributes_are_shown_as_they_are_now(shop: Shop) -> None:
    await shop.recommender.put_items([BOAT])
    assert (await shop.ask("ann")).items[0].attributes["price"] == 900.0
    await shop.recommender.patch_item("boat", {"price": 700.0})
    assert (await shop.ask("ann")).items[0].attributes["price"] == 700.0


async def test_filters_follow_a_change_at_once(shop: Shop) -> None:
    in_stock = Filters(in_stock=True)
    await shop.recommender.put_items([Item("a")])
    assert await shop.shown("ann", filters=in_stock) == ["a"]
    await shop.recommender.patch_item("a", {"in_stock": False})
    assert await shop.shown("ann", filters=in_stock) == []


async def test_a_deleted_item_is_gone_from_the_catalogue(shop: Shop) -> None:
    await shop.recommender.put_items([*TENTS, BOAT])
    await shop.recommender.settled()
    await shop.recommender.delete_item("boat")
    with pytest.raises(NotFound):
        await shop.recommender.item("boat")
    assert "boat" not in await shop.shown("ann")
    assert await shop.redis.exists("tandem:similar:boat") == 0


async def test_closing_waits_for_what_was_put(clock: Clock) -> None:
    server = fakeredis.FakeServer()
    async with open_shop(clock, server) as shop:
        await shop.recommender.put_items(TENTS)
    async with open_shop(clock, server) as again:
        assert set(await alike(again, "tent0")) == {"tent1", "tent2"}


async def test_a_deleted_item_is_shown_to_nobody_and_may_come_back(shop: Shop) -> None:
    await shop.recommender.put_items([TENTS[0], TENTS[1]])
    await shop.recommender.settled()
    await shop.recommender.delete_item("tent1")
    assert await alike(shop, "tent0") == []
    await shop.recommender.put_items([TENTS[1]])
    await shop.recommender.settled()
    shop.clock.advance(1_000)
    assert await alike(shop, "tent0") == ["tent1"]


async def test_patches_of_different_attributes_do_not_undo_each_other(shop: Shop) -> None:
    await shop.recommender.put_items([BOAT])
    await asyncio.gather(
        shop.recommender.patch_item("boat", {"price": 800.0}),
        shop.recommender.patch_item("boat", {"in_stock": False}),
    )
    item = await shop.recommender.item("boat")
    assert (item.price, item.in_stock, item.title) == (800.0, False, "Rowing boat")


async def test_the_newest_items_come_first_and_deleted_ones_not_at_all(shop: Shop) -> None:
    assert await shop.recommender.newest_items(3) == []
    for tent in TENTS:
        await shop.recommender.put_items([tent])
        shop.clock.advance(1)
    await shop.recommender.delete_item("tent1")
    newest = await shop.recommender.newest_items(2)
    assert [item.item_id for item in newest] == ["tent2", "tent0"]
