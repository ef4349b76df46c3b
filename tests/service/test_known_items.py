"""Which items the catalogue holds, remembered for a while."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from service import known_items
from service.known_items import KnownItems
from service.model import Item
from tests.service.shop import Shop, Wire, open_reader


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def known(shop: Shop, wire: Wire) -> AsyncIterator[KnownItems]:
    """Of a catalogue with three items."""
    await shop.recommender.put_items([Item(name) for name in "abc"])
    async with open_reader(shop.clock, shop.server, wire) as store:
        wire.trips.clear()
        yield KnownItems(store.catalogue, shop.clock)


async def test_made_up_items_are_asked_for_again_and_take_no_memory(
    known: KnownItems, wire: Wire
) -> None:
    for _ in range(2):
        assert await known.among(["a", "x", "y"]) == {"a"}
    assert wire.trips == ["ZMSCORE", "ZMSCORE"]
    assert list(known._seen_ms) == ["a"]


async def test_a_deleted_item_is_known_for_half_a_minute_longer(
    known: KnownItems, shop: Shop
) -> None:
    assert await known.among("a") == {"a"}
    await shop.recommender.delete_item("a")
    shop.clock.advance(known_items.MAX_AGE_MS - 1)
    assert await known.among("a") == {"a"}
    shop.clock.advance(1)
    assert await known.among("a") == frozenset()


async def test_only_so_many_are_remembered_the_longest_known_least(
    known: KnownItems, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_items, "CAPACITY", 2)
    for name in ("a", "b", "a", "c"):
        await known.among([name])
    assert list(known._seen_ms) == ["b", "c"]


async def test_who_asks_at_the_same_time_asks_together(known: KnownItems, wire: Wire) -> None:
    found = await asyncio.gather(known.among("ax"), known.among("bx"), known.among("y"))
    assert [*map(set, found)] == [{"a"}, {"b"}, set()]
    assert wire.trips == ["ZMSCORE"]


async def test_an_item_put_while_another_asks_for_it_is_known_to_who_asks_then(
    known: KnownItems, shop: Shop, wire: Wire
) -> None:
    async with wire.hold():
        before = asyncio.create_task(known.among(["new"]))
        await wire.held.wait()
        await shop.recommender.put_items([Item("new")])
        after = asyncio.create_task(known.among(["new"]))
        await asyncio.sleep(0)
    await before
    assert await after == {"new"}


async def test_what_is_remembered_is_as_old_as_the_question(
    known: KnownItems, shop: Shop, wire: Wire
) -> None:
    async with wire.hold():
        asked = asyncio.create_task(known.among("a"))
        await wire.held.wait()
        shop.clock.advance(known_items.MAX_AGE_MS)
    assert await asked == {"a"}
    assert known.unsure("a") == ["a"]


async def test_more_than_one_read_takes_are_read_in_turn(known: KnownItems, wire: Wire) -> None:
    names = [f"x{number}" for number in range(known_items.READS_PER_CALL)]
    assert await known.among([*names, "a"]) == {"a"}
    assert wire.trips == ["ZMSCORE", "ZMSCORE"]
