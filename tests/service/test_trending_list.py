"""What is popular now."""

from collections.abc import AsyncIterator

import fakeredis
import pytest

from service.freshness import Freshness
from service.numbering import ItemNumbers
from service.trending_list import TrendingList
from store.keys import HOUR_MS
from store.opening import Store
from tests.clock import START_MS, Clock
from tests.service.shop import Shop, Wire, open_reader, open_shop

ON_THE_HOUR_MS = START_MS - START_MS % HOUR_MS


class Bench:
    def __init__(self, store: Store, clock: Clock, wire: Wire) -> None:
        self.wire = wire
        self.numbers = ItemNumbers()
        freshness = Freshness(clock, least_age_ms=1_000, capacity=10)
        self.trending = TrendingList(
            store.items, self.numbers, freshness, hours=48, half_life_h=6.0
        )

    async def scores(self, kind: str = "view") -> dict[str, float]:
        """Item → score, best first."""
        found = await self.trending.get(kind)
        rows = zip(found.ids.tolist(), found.weights.tolist(), strict=True)
        return {self.numbers.item(number): score for number, score in rows}


@pytest.fixture
def clock() -> Clock:
    return Clock(ON_THE_HOUR_MS)


@pytest.fixture
def server() -> fakeredis.FakeServer:
    return fakeredis.FakeServer()


@pytest.fixture
async def shop(clock: Clock, server: fakeredis.FakeServer) -> AsyncIterator[Shop]:
    async with open_shop(clock, server) as opened:
        yield opened


@pytest.fixture
async def bench(clock: Clock, server: fakeredis.FakeServer, shop: Shop) -> AsyncIterator[Bench]:
    wire = Wire()
    async with open_reader(clock, server, wire) as store:
        yield Bench(store, clock, wire)


async def test_more_sessions_are_more_popular(shop: Shop, bench: Bench) -> None:
    await shop.crowd("a", 3)
    await shop.crowd("b", 2, "others")
    assert await bench.scores() == {"a": 3, "b": 2}


async def test_nothing_is_popular_in_an_empty_shop(bench: Bench) -> None:
    assert await bench.scores() == {}


async def test_a_half_life_halves_a_touch(shop: Shop, bench: Bench, clock: Clock) -> None:
    await shop.crowd("a", 4)
    clock.advance(6 * HOUR_MS + HOUR_MS // 2)
    await shop.crowd("b", 3, "others")
    assert await bench.scores() == pytest.approx({"b": 3, "a": 2})


async def test_old_hours_fall_out(shop: Shop, bench: Bench, clock: Clock) -> None:
    await shop.crowd("a", 4)
    clock.advance(48 * HOUR_MS)
    assert set(await bench.scores()) == {"a"}
    clock.advance(HOUR_MS)
    assert await bench.scores() == {}


async def test_purchases_have_a_list_of_their_own(shop: Shop, bench: Bench) -> None:
    await shop.crowd("a", 3)
    await shop.buy("ann", "b")
    assert await bench.scores("purchase") == {"b": 1}
    assert await bench.scores("view") == {"a": 3, "b": 1}


async def test_a_list_is_kept_for_its_age(shop: Shop, bench: Bench, clock: Clock) -> None:
    await shop.crowd("a", 1)
    await bench.scores()
    await shop.crowd("a", 1, "others")
    bench.wire.trips.clear()
    clock.advance(999)
    assert await bench.scores() == {"a": 1}
    assert bench.wire.trips == []
    clock.advance(1)
    assert await bench.scores() == {"a": 2}


async def test_past_hours_are_read_once_but_for_the_last(
    shop: Shop, bench: Bench, clock: Clock
) -> None:
    await shop.crowd("a", 1)
    clock.advance(HOUR_MS)
    await bench.scores()
    clock.advance(-60_000)
    await shop.crowd("a", 1, "late")
    clock.advance(HOUR_MS // 2 + 60_000)
    assert await bench.scores() == {"a": pytest.approx(2 * 0.5 ** (1 / 6))}
    await shop.redis.delete(*await shop.redis.keys("tandem:{0}:popular:*"))
    clock.advance(HOUR_MS)
    assert await bench.scores() == {"a": pytest.approx(2 * 0.5 ** (2 / 6))}
