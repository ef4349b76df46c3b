"""In how many sessions and baskets an item was held, as the worker remembers it."""

import asyncio
from collections.abc import AsyncIterator

import fakeredis
import numpy as np
import pytest

from scoring.types import IntArray
from service.numbering import ItemNumbers
from service.supports import MAX_AGE_MS, POPULARITY_AGE_MS, POPULARITY_PAUSE_MS, Supports
from tests.clock import Clock
from tests.service.shop import Shop, Wire, open_reader


class Bench:
    def __init__(self, supports: Supports, numbers: ItemNumbers, wire: Wire) -> None:
        self.supports = supports
        self.numbers = numbers
        self.wire = wire

    def of(self, items: str) -> IntArray:
        return np.array([self.numbers.number(item) for item in items], dtype=np.int32)

    async def sessions(self, items: str) -> list[float]:
        await self.supports.refresh(self.of(items))
        return [float(sessions) for sessions in self.supports.sessions(self.of(items))]


@pytest.fixture
async def bench(clock: Clock, server: fakeredis.FakeServer, shop: Shop) -> AsyncIterator[Bench]:
    wire, numbers = Wire(), ItemNumbers()
    async with open_reader(clock, server, wire) as store:
        yield Bench(Supports(store.items, numbers, clock), numbers, wire)


async def test_an_item_is_supported_by_the_sessions_and_baskets_that_hold_it(
    shop: Shop, bench: Bench
) -> None:
    await shop.crowd("ab", 3)
    await shop.buy("bob", "b")
    assert await bench.sessions("abc") == [3, 4, 0]
    assert bench.supports.baskets(bench.of("abc")).tolist() == [0, 1, 0]
    assert (bench.supports.totals.sessions, bench.supports.totals.baskets) == (4, 1)


async def test_what_was_never_asked_for_counts_as_nothing(shop: Shop, bench: Bench) -> None:
    await shop.crowd("a")
    bench.wire.trips.clear()
    assert bench.supports.sessions(bench.of("a")).tolist() == [0]
    assert bench.wire.trips == []


async def test_only_what_is_too_old_is_read_again(shop: Shop, bench: Bench, clock: Clock) -> None:
    await shop.crowd("ab", 1)
    assert await bench.sessions("a") == [1]
    await shop.crowd("ab", 1, "later")
    clock.advance(MAX_AGE_MS - 1)
    assert await bench.sessions("ab") == [1, 2]
    bench.wire.trips.clear()
    assert await bench.sessions("ab") == [1, 2]
    assert bench.wire.trips == []
    clock.advance(1)
    assert await bench.sessions("ab") == [2, 2]


async def test_it_grows_with_the_numbers_of_items(bench: Bench) -> None:
    for n in range(5_000):
        bench.numbers.number(f"i{n}")
    bench.numbers.number("z")
    assert await bench.sessions("z") == [0]


async def test_what_was_forgotten_is_read_again(shop: Shop, bench: Bench) -> None:
    await shop.crowd("a", 1)
    assert await bench.sessions("a") == [1]
    await shop.crowd("a", 1, "later")
    bench.supports.forget()
    assert bench.supports.sessions(bench.of("a")).tolist() == [0]
    assert await bench.sessions("a") == [2]


async def test_what_was_forgotten_while_it_was_read_is_read_again(shop: Shop, bench: Bench) -> None:
    await shop.crowd("a", 1)
    async with bench.wire.hold():
        reading = asyncio.create_task(bench.sessions("a"))
        await bench.wire.held.wait()
        bench.supports.forget()
    assert await reading == [1]
    await shop.crowd("a", 1, "later")
    assert await bench.sessions("a") == [2]


async def test_popularity_is_read_when_unknown_and_again_after_ten_minutes(
    shop: Shop, bench: Bench, clock: Clock
) -> None:
    await shop.crowd("a", 2)
    assert await bench.supports.learn(bench.of("a"))
    assert not await bench.supports.learn(bench.of("a"))
    await shop.crowd("a", 2, "later")
    clock.advance(POPULARITY_AGE_MS - 1)
    assert not await bench.supports.learn(bench.of("a"))
    clock.advance(1)
    assert await bench.supports.learn(bench.of("a"))
    assert bench.supports.sessions(bench.of("a")).tolist() == [4]


async def test_old_popularity_is_read_at_most_once_a_second(
    shop: Shop, bench: Bench, clock: Clock
) -> None:
    await bench.supports.learn(bench.of("a"))
    clock.advance(POPULARITY_PAUSE_MS)
    await bench.supports.learn(bench.of("b"))
    clock.advance(POPULARITY_AGE_MS)
    assert await bench.supports.learn(bench.of("b"))
    assert not await bench.supports.learn(bench.of("a"))
    assert await bench.supports.learn(bench.of("ac")), "what is unknown is read at once"
