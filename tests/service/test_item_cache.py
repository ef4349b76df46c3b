"""What a worker remembers of items, and that a change is never missed."""

import asyncio
from collections.abc import AsyncIterator

import fakeredis
import numpy as np
import pytest

from scoring.types import IntArray
from service.item_cache import ItemCache
from service.model import Filters, Item
from service.numbering import ItemNumbers
from store.opening import Store
from tests.clock import Clock
from tests.service.shop import Shop, Wire, open_reader, open_shop


class Bench:
    """An item cache over a shop's database, with the line that it reads over."""

    def __init__(self, store: Store, wire: Wire) -> None:
        self.wire = wire
        self.numbers = ItemNumbers()
        self.cache = ItemCache(store.catalogue, self.numbers, capacity=3)

    def array(self, items: str) -> IntArray:
        return np.array([self.numbers.number(item) for item in items], dtype=np.int32)

    async def read(self, items: str) -> None:
        await self.cache.read(self.array(items))

    def unknown(self, items: str) -> list[str]:
        return [self.numbers.item(number) for number in self.cache.unknown(self.array(items))]

    def allowed(self, items: str) -> list[bool]:
        allowed: list[bool] = self.cache.allowed(self.array(items), Filters()).tolist()
        return allowed


@pytest.fixture
async def shop(clock: Clock) -> AsyncIterator[Shop]:
    async with open_shop(clock, fakeredis.FakeServer()) as opened:
        yield opened


@pytest.fixture
async def bench(clock: Clock, shop: Shop) -> AsyncIterator[Bench]:
    wire = Wire()
    async with open_reader(clock, shop.server, wire) as store:
        yield Bench(store, wire)


async def read_meanwhile(bench: Bench, items: str, forgotten: str | None) -> None:
    """Reads items; when the answer is on its way, these (None: all) are forgotten."""
    async with bench.wire.hold():
        reading = asyncio.create_task(bench.read(items))
        await bench.wire.held.wait()
        if forgotten is None:
            bench.cache.forget_all()
        else:
            bench.cache.forget(list(forgotten))
    await reading


@pytest.mark.parametrize("forgotten", ["a", None])
async def test_what_changes_while_it_is_read_is_read_again(
    shop: Shop, bench: Bench, forgotten: str | None
) -> None:
    await shop.recommender.put_items([Item("a", hidden=True), Item("b")])
    await read_meanwhile(bench, "ab", forgotten)
    assert bench.unknown("ab") == list(forgotten or "ab")
    assert bench.allowed("ab") == [False, True]
    await bench.read("ab")
    assert bench.unknown("ab") == []


async def test_what_was_read_longest_ago_is_dropped_first(shop: Shop, bench: Bench) -> None:
    await shop.recommender.put_items([Item("a", hidden=True), *map(Item, "bcd")])
    await bench.read("abcd")
    assert bench.unknown("abcd") == ["a"]
    assert bench.allowed("abcd") == [True, True, True, True]


async def test_a_forgotten_item_may_be_shown_until_it_is_read(shop: Shop, bench: Bench) -> None:
    await shop.recommender.put_items([Item("a", hidden=True)])
    await bench.read("a")
    assert bench.allowed("a") == [False]
    bench.cache.forget(["a"])
    assert (bench.unknown("a"), bench.allowed("a")) == (["a"], [True])


def test_items_that_nobody_has_met_yet_can_be_forgotten(bench: Bench) -> None:
    bench.cache.forget([f"i{n}" for n in range(2_000)])
    assert bench.unknown("a") == ["a"]


async def test_more_new_items_than_there_was_room_for_may_change(shop: Shop) -> None:
    shop.recommender.catalogue_changed([f"new{number}" for number in range(5_000)])
    assert await shop.recommender.put_items([Item("new4999", title="Tent")]) == 1
