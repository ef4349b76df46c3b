"""What is known of items that a worker meets for the first time."""

from collections.abc import AsyncIterator

import fakeredis
import pytest

from service import first_sight
from service.first_sight import FirstSight
from service.item_cache import ItemCache
from service.model import Item
from service.numbering import ItemNumbers
from service.supports import Supports
from store.opening import Store
from tests.clock import Clock
from tests.service.shop import Shop, Wire, open_reader


class Bench:
    """A worker that has not met anything yet, over a shop's database."""

    def __init__(self, store: Store, clock: Clock, wire: Wire) -> None:
        self.wire = wire
        self.numbers = ItemNumbers()
        self.items = ItemCache(store.catalogue, self.numbers, capacity=100)
        self.supports = Supports(store.items, self.numbers, clock)
        self.first_sight = FirstSight(self.items, self.supports)


@pytest.fixture
async def bench(clock: Clock, server: fakeredis.FakeServer, shop: Shop) -> AsyncIterator[Bench]:
    wire = Wire()
    async with open_reader(clock, server, wire) as store:
        wire.trips.clear()
        yield Bench(store, clock, wire)


async def test_whether_an_item_may_be_shown_and_how_popular_it_is_is_learned_once(
    shop: Shop, bench: Bench
) -> None:
    await shop.crowd("ab", 3)
    await shop.recommender.put_items([Item("b", hidden=True)])
    ids = bench.numbers.numbers(["a", "b", "b"])
    await bench.first_sight.learn(ids)
    assert bench.items.plain(ids).tolist() == [True, False, False]
    assert bench.supports.sessions(ids).tolist() == [3, 3, 3]
    bench.wire.trips.clear()
    await bench.first_sight.learn(ids)
    assert bench.wire.trips == []


async def test_a_crowd_of_strangers_is_left_to_the_lists(
    shop: Shop, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a start all are new: what no list shows need not be read."""
    monkeypatch.setattr(first_sight, "AT_ONCE", 3)
    ids = bench.numbers.numbers(["a", "b"])
    await bench.first_sight.learn(ids)
    assert bench.wire.trips == []
    await bench.first_sight.learn(ids[:1])
    assert len(bench.wire.trips) == 2


async def test_an_item_that_cannot_be_read_is_the_affair_of_the_lists_that_show_it(
    shop: Shop, bench: Bench
) -> None:
    await shop.recommender.put_items([Item("a"), Item("b")])
    await shop.redis.hset("tandem:item:b", "title", "no JSON")
    ids = bench.numbers.numbers(["a", "b"])
    await bench.first_sight.learn(ids)
    assert not bench.items.plain(ids).all()
