"""Which items the catalogue holds, remembered for a while."""

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
