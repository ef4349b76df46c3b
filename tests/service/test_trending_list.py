"""What is popular now."""

import asyncio
from collections.abc import AsyncIterator, Iterable

import fakeredis
import pytest

from service.freshness import Freshness
from service.model import Filters, Item
from service.numbering import ItemNumbers
from service.trending_list import ITEMS_PER_HOUR, PAST_AGE_MS, READ_EARLY, TrendingList
from store.keys import HOUR_MS
from store.opening import Store
from tests.clock import START_MS, Clock
from tests.service.shop import Shop, Wire, open_reader

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


async def test_past_hours_are_read_again_after_a_minute(
    shop: Shop, bench: Bench, clock: Clock
) -> None:
    await shop.crowd("a", 1)
    clock.advance(5 * HOUR_MS)
    faded = 0.5 ** (4.5 / 6)
    assert await bench.scores() == {"a": pytest.approx(faded)}
    await late(shop, clock, "b")
    clock.advance(PAST_AGE_MS // 2)
    assert set(await bench.scores()) == {"a"}
    clock.advance(PAST_AGE_MS // 2 + 1)
    assert set(await bench.scores()) == {"a", "b"}


async def test_the_last_two_hours_are_read_every_time(
    shop: Shop, bench: Bench, clock: Clock
) -> None:
    clock.advance(HOUR_MS)
    await bench.scores()
    clock.advance(-60_000)
    await shop.crowd("a", 1)
    clock.advance(61_000)
    assert set(await bench.scores()) == {"a"}


async def test_past_hours_do_not_come_due_all_at_once(bench: Bench, clock: Clock) -> None:
    read = [await hours_read(bench)]
    for _ in range(3 * PAST_AGE_MS // 1_000):
        clock.advance(1_000)
        read.append(await hours_read(bench))
    assert read[0] == 49
    assert max(read[1:]) == 2 + READ_EARLY


async def test_a_forgotten_list_is_read_anew_with_all_its_hours(
    shop: Shop, bench: Bench, clock: Clock
) -> None:
    await shop.crowd("a", 1)
    clock.advance(5 * HOUR_MS)
    await bench.scores()
    await late(shop, clock, "b")
    bench.trending.forget()
    assert set(await bench.scores()) == {"a", "b"}


async def test_a_list_forgotten_while_it_is_read_is_not_kept(shop: Shop, bench: Bench) -> None:
    async with bench.wire.hold():
        reading = asyncio.create_task(bench.scores())
        await bench.wire.held.wait()
        bench.trending.forget()
        after = asyncio.create_task(bench.scores())
        await asyncio.sleep(0)
    await asyncio.gather(reading, after)
    assert bench.wire.trips.count("ZREVRANGE") == 2


async def test_an_erased_user_leaves_the_past_hours_too(shop: Shop, clock: Clock) -> None:
    await shop.view("ann", "a")
    await shop.view("bob", "b")
    clock.advance(5 * HOUR_MS)
    assert len(await shop.recommender.trending(5)) == 2
    await shop.recommender.erase("ann")
    assert [i.item_id for i in await shop.recommender.trending(5)] == ["b"]


async def test_twenty_readers_at_once_share_one_read(shop: Shop, bench: Bench) -> None:
    await shop.crowd("a", 1)
    bench.wire.trips.clear()
    found = await asyncio.gather(*(bench.scores() for _ in range(20)))
    assert found == [{"a": 1}] * 20
    assert bench.wire.trips == ["ZREVRANGE"]


async def test_a_cancelled_reader_takes_nothing_from_the_others(shop: Shop, bench: Bench) -> None:
    await shop.crowd("a", 1)
    async with bench.wire.hold():
        impatient = asyncio.create_task(bench.scores())
        await bench.wire.held.wait()
        patient = asyncio.create_task(bench.scores())
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.sleep(0)
    assert await patient == {"a": 1}


async def late(shop: Shop, clock: Clock, item: str) -> None:
    """An event of four hours ago is counted now."""
    await shop.redis.zincrby(f"tandem:{{0}}:popular:view:{clock() // HOUR_MS - 4}", 1, item)


async def hours_read(bench: Bench) -> int:
    """How many hours a list takes now."""
    before = bench.wire.alike
    await bench.scores()
    return bench.wire.alike - before


async def hours_of_many(shop: Shop, hours: Iterable[int], count: int = ITEMS_PER_HOUR) -> None:
    """So many items of the busy category, and in the same hours one of the small category, which fewer people saw."""
    busy = [Item(f"i{n}", category=("busy",)) for n in range(count)]
    await shop.recommender.put_items([*busy, Item("rare", category=("small",))])
    counts = dict.fromkeys((item.item_id for item in busy), 9.0) | {"rare": 2.0}
    for hour in hours:
        await shop.redis.zadd(f"tandem:{{0}}:popular:view:{hour}", mapping=counts)


async def test_a_category_is_not_empty_for_what_is_busier_elsewhere(
    shop: Shop, clock: Clock
) -> None:
    hour = clock() // HOUR_MS
    await hours_of_many(shop, [hour - 6, hour])
    (found,) = await shop.recommender.trending(5, category="small")
    assert found.item_id == "rare"
    assert found.score == pytest.approx(2 + 2 * 0.5 ** (5.5 / 6))
    shown = await shop.ask("ann", filters=Filters(categories=frozenset(["small"])))
    assert [(i.item_id, i.reason.code) for i in shown.items] == [("rare", "trending")]


async def test_hours_are_read_to_their_end_once_a_minute_and_only_for_a_filter(
    shop: Shop, clock: Clock
) -> None:
    await hours_of_many(shop, [clock() // HOUR_MS])
    reads = []
    for category in (None, "small", "small", "busy"):
        shop.wire.trips.clear()
        await shop.recommender.trending(5, category)
        reads.append(shop.wire.trips.count("ZREVRANGE"))
        clock.advance(1_000)
    assert reads == [1, 1 + 49, 1, 1]
    clock.advance(PAST_AGE_MS)
    shop.wire.trips.clear()
    await shop.recommender.trending(5, "small")
    assert shop.wire.trips.count("ZREVRANGE") == 1 + 49


async def test_hours_that_hold_no_more_are_not_read_again_for_a_filter(
    shop: Shop, clock: Clock
) -> None:
    await hours_of_many(shop, [clock() // HOUR_MS], 10)
    shop.wire.trips.clear()
    assert len(await shop.recommender.trending(5, category="small")) == 1
    assert shop.wire.trips.count("ZREVRANGE") == 1


async def test_of_a_category_with_busy_and_rare_items_the_busier_come_first(
    shop: Shop, clock: Clock
) -> None:
    """One item leads an hour long ago, the other never does, but is looked at all day long."""
    hour = clock() // HOUR_MS
    await hours_of_many(shop, range(hour - 20, hour))
    await shop.recommender.put_items([Item("once", category=("small",))])
    await shop.redis.zadd(f"tandem:{{0}}:popular:view:{hour - 24}", {"once": 10.0})
    found = await shop.recommender.trending(5, category="small")
    assert [item.item_id for item in found] == ["rare", "once"]
