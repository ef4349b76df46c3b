"""Neighbour lists in the worker: read once for everybody, and read again when they may have changed."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import fakeredis
import numpy as np
import pytest

from scoring.kernels import AFTER, BEFORE
from service import near_cache
from service.first_sight import FirstSight
from service.freshness import FAILED_PAUSE_MS, RENEWED_AT, Freshness
from service.item_cache import ItemCache
from service.near_cache import NearCache
from service.neighbourhoods import (
    Columns,
    Neighbourhood,
    NeighbourhoodBuilder,
    WeightedItems,
    fading_of,
)
from service.numbering import ItemNumbers
from service.strategies import ROW, STEP_DECAY
from service.supports import MAX_AGE_MS, Supports
from store.errors import StoreUnavailable
from store.opening import Store
from tests.clock import Clock
from tests.service.shop import GAP_MS, Shop, Wire, comes_true, open_reader

CAPACITY = 4


class Bench:
    """A near cache over a shop's database, with the line that it reads over."""

    def __init__(self, store: Store, clock: Clock, wire: Wire, min_support: int = 1) -> None:
        self.wire = wire
        self.numbers = ItemNumbers()
        supports = Supports(store.items, self.numbers, clock)
        builder = NeighbourhoodBuilder(self.numbers, supports, min_support)
        freshness = Freshness(clock, least_age_ms=1_000, capacity=CAPACITY)
        items = ItemCache(store.catalogue, self.numbers, capacity=100)
        first_sight = FirstSight(items, supports)
        self.cache = NearCache(store.items, builder, supports, freshness, first_sight)

    async def next_items(self, item: str) -> list[str]:
        """What is viewed after the item, most often first."""
        found = (await self.cache.get([item]))[0]
        return self.names(found, "sequence")

    def names(self, found: Neighbourhood, source: str) -> list[str]:
        if source not in found.lists:
            return []
        items = found.lists[source]
        rows = zip(items.weights.tolist(), items.ids.tolist(), strict=True)
        return [self.numbers.item(number) for _, number in sorted(rows, reverse=True)]


@pytest.fixture
async def bench(clock: Clock, server: fakeredis.FakeServer, shop: Shop) -> AsyncIterator[Bench]:
    wire = Wire()
    async with open_reader(clock, server, wire) as store:
        yield Bench(store, clock, wire)


async def test_what_was_seen_next_is_a_neighbour(shop: Shop, bench: Bench) -> None:
    await shop.crowd("ab", 2)
    await shop.crowd("ac", 1, "other")
    assert await bench.next_items("a") == ["b", "c"]
    assert await bench.next_items("c") == []


async def test_each_kind_of_pair_has_a_list_of_its_own(shop: Shop, bench: Bench) -> None:
    await shop.view("ann", "a")
    await shop.buy("ann", "bc")
    await shop.crowd("xyz")
    await shop.buy("bob", "d")
    viewed, bought = await bench.cache.get(["a", "b"])
    assert set(viewed.lists) == {"sequence", "co_view", "conversion"}
    assert sorted(bench.names(viewed, "conversion")) == ["b", "c"]
    assert bench.names(bought, "co_purchase") == ["c"]
    assert bought.lists["co_purchase"].counts is not None
    assert bought.lists["co_purchase"].counts.tolist() == [1]


async def test_a_hit_costs_no_round_trip(shop: Shop, bench: Bench) -> None:
    await shop.crowd("ab")
    await bench.cache.get(["a", "b"])
    bench.wire.trips.clear()
    again = await bench.cache.get(["b", "a", "b"])
    assert bench.wire.trips == []
    assert again[0] is again[2]
    assert (bench.cache.hits, bench.cache.misses) == (3, 2)


async def test_what_is_held_is_given_only_as_a_whole(
    shop: Shop, bench: Bench, clock: Clock
) -> None:
    await shop.crowd("ab")
    assert bench.cache.held(["a"]) is None
    read = await bench.cache.get(["a", "b"])
    assert bench.cache.held(["b", "a"]) == [read[1], read[0]]
    assert bench.cache.held(["a", "c"]) is None
    assert (bench.cache.hits, bench.cache.misses) == (2, 2)
    clock.advance(60_000)
    assert bench.cache.held(["a"]) is None


async def test_an_items_lists_are_parts_of_what_they_say_together(shop: Shop, bench: Bench) -> None:
    await shop.view("ann", "a")
    await shop.buy("ann", "bc")
    await shop.crowd("abcd", 2)
    near = (await bench.cache.get(["b"]))[0]
    said = near.entries
    for source, items in near.lists.items():
        where = said.sources == ROW[source]
        assert said.ids[where].tolist() == items.ids.tolist()
        assert said.weights[where].tolist() == items.weights.tolist()
        assert np.shares_memory(said.weights, items.weights)
    after = near.lists["co_view"].ahead
    of_co_view = said.parts[said.sources == ROW["co_view"]].tolist()
    assert of_co_view == [AFTER] * after + [BEFORE] * (len(of_co_view) - after)
    assert not said.parts[said.sources != ROW["co_view"]].any()


async def test_fifty_misses_at_once_are_one_read(shop: Shop, bench: Bench) -> None:
    await shop.crowd("ab")
    bench.wire.trips.clear()
    found = await asyncio.gather(*(bench.cache.get(["a", "b"]) for _ in range(50)))
    # The lists; then whether the items may be shown, and how popular they are.
    assert bench.wire.trips == ["EVALSHA", "HGETALL", "EVALSHA"]
    assert all(one[0] is found[0][0] for one in found)


async def test_a_miss_during_a_read_of_the_same_item_waits_for_it(shop: Shop, bench: Bench) -> None:
    async with bench.wire.hold():
        first = asyncio.create_task(bench.cache.get(["a"]))
        await bench.wire.held.wait()
        second = asyncio.create_task(bench.cache.get(["a"]))
        await asyncio.sleep(0)
    assert (await first)[0] is (await second)[0]
    assert bench.wire.trips.count("EVALSHA") == 1


async def test_a_cancelled_request_takes_nothing_from_those_that_share_its_read(
    shop: Shop, bench: Bench
) -> None:
    await shop.crowd("ab")
    async with bench.wire.hold():
        impatient = asyncio.create_task(bench.cache.get(["a"]))
        await bench.wire.held.wait()
        patient = asyncio.create_task(bench.next_items("a"))
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.sleep(0)
    assert await patient == ["b"]


async def test_what_is_as_it_was_is_not_taken_apart_again(
    shop: Shop, bench: Bench, clock: Clock
) -> None:
    await shop.crowd("ab")
    await shop.buy("ann", "ac")
    (before,) = await bench.cache.get(["a"])
    await shop.crowd("ad", 1, "other")
    clock.advance(GAP_MS)
    (after,) = await bench.cache.get(["a"])
    assert after.columns["purchase"] is before.columns["purchase"]
    assert after.columns["view"] is not before.columns["view"]
    assert set(bench.names(after, "sequence")) == {*bench.names(before, "sequence"), "d"}


async def test_lists_of_which_nothing_has_changed_are_not_made_again(
    shop: Shop, bench: Bench, clock: Clock
) -> None:
    await shop.crowd("ab")
    await shop.crowd("cd")
    before = await bench.cache.get(["a", "c"])
    await shop.crowd("cx", 1, "other")
    clock.advance(GAP_MS)
    after = await bench.cache.get(["a", "c"])
    assert after[0] is not before[0]
    assert after[0].entries is before[0].entries
    assert after[0].read_ms == clock.now_ms
    assert after[1].entries is not before[1].entries
    assert sorted(bench.names(after[1], "sequence")) == ["d", "x"]


async def test_lists_that_rest_on_supports_are_made_again(
    shop: Shop, bench: Bench, clock: Clock
) -> None:
    """What others have in their baskets says how much it means that two items share one."""
    await shop.buy("ann", "ab")
    (before,) = await bench.cache.get(["a"])
    for name in ("bob", "cid"):
        await shop.buy(name, "xy")
    clock.advance(MAX_AGE_MS + 1)
    (after,) = await bench.cache.get(["a"])
    assert after.columns["purchase"] is before.columns["purchase"]
    one, other = (near.lists["co_purchase"].weights.tolist() for near in (before, after))
    assert other > one


async def test_what_others_do_shows_after_the_lists_age(
    shop: Shop, bench: Bench, clock: Clock
) -> None:
    await shop.view("ann", "ab")
    assert await bench.next_items("a") == ["b"]
    await shop.crowd("ac")
    clock.advance(900)
    assert await bench.next_items("a") == ["b"]
    clock.advance(1_200)
    assert await bench.next_items("a") == ["c", "b"]


@pytest.mark.parametrize(
    ("evidence", "age_ms"), [(0, 1_000), (50, 2_000), (500, 11_000), (10_000, 30_000)]
)
def test_a_list_with_more_evidence_may_be_older(evidence: float, age_ms: int) -> None:
    assert Freshness(Clock(), 1_000, 1).age_ms(evidence) == age_ms


def test_a_least_age_above_the_usual_bound_is_kept() -> None:
    assert Freshness(Clock(), 60_000, 1).age_ms(0) == 60_000
    assert Freshness(Clock(), 0, 1).age_ms(1_000) == 0


@pytest.mark.parametrize(
    ("quiet_ms", "age_ms"), [(999, 1_000), (3_000, 3_000), (5_000, 5_000), (3_600_000, 5_000)]
)
def test_a_list_that_does_not_change_may_be_older(quiet_ms: int, age_ms: int) -> None:
    assert Freshness(Clock(), 1_000, 1).age_ms(0, quiet_ms) == age_ms
    assert Freshness(Clock(), 1_000, 1).age_ms(500, quiet_ms) == 11_000
    assert Freshness(Clock(), 0, 1).age_ms(0, quiet_ms) == 0


async def test_a_list_is_read_less_often_while_nothing_changes(
    shop: Shop, bench: Bench, clock: Clock
) -> None:
    ages_ms = []
    await shop.view("ann", "ab")
    for visitor in ("", "", "", "", "bob", ""):
        if visitor:
            await shop.view(visitor, "ac")
        clock.advance(2_000)
        (found,) = await bench.cache.get(["a"])
        if found.read_ms == clock.now_ms:
            ages_ms.append(found.age_ms)
    assert ages_ms == [1_020, 2_000, 4_000, 1_040, 2_000]  # of one session, then of two
    assert sorted(await bench.next_items("a")) == ["b", "c"]


@pytest.mark.parametrize(
    ("least_ms", "age_ms", "served_ms"),
    [
        (1_000, 1_000, [1_000, 2_000, 4_000, 5_000]),
        (1_000, 2_000, [2_000, 4_000, 5_000, 5_000]),
        (1_000, 30_000, [30_000] * 4),
        (10_000, 10_000, [10_000, 20_000, 30_000, 30_000]),
        (60_000, 60_000, [60_000] * 4),
        (0, 0, [0] * 4),
    ],
)
def test_a_list_that_counts_for_less_may_be_older(
    least_ms: int, age_ms: int, served_ms: list[int]
) -> None:
    freshness = Freshness(Clock(), least_ms, 1)
    assert [freshness.served_ms(age_ms, 0.5**step) for step in range(4)] == served_ms
    assert freshness.served_ms(age_ms, 0.0) == served_ms[-1]


def test_lists_fade_as_the_slowest_that_acts_change() -> None:
    some = WeightedItems(np.zeros(1, np.int32), np.ones(1))
    views = {"co_view": some, "sequence": some, "collaborative": some, "walk": some}
    assert fading_of({}) == fading_of(views) == STEP_DECAY["sequence"]
    assert fading_of(views | {"conversion": some}) == STEP_DECAY["conversion"]
    assert fading_of(views | {"co_purchase": some}) == STEP_DECAY["co_purchase"]


async def test_the_lists_of_a_persons_last_item_are_read_again_first(
    shop: Shop, bench: Bench, clock: Clock
) -> None:
    await shop.crowd("ab")
    a, b = await bench.cache.get(["a", "b"])
    clock.advance(a.age_ms)
    again = await bench.cache.get(["a", "b"])
    assert (again[0].read_ms, again[1]) == (clock.now_ms, b)
    assert (await bench.cache.get(["b", "a"]))[0].read_ms == clock.now_ms


async def test_a_list_expires_by_the_sessions_that_hold_its_item(
    shop: Shop, bench: Bench, clock: Clock
) -> None:
    await shop.crowd("ab", 5)
    found = (await bench.cache.get(["a"]))[0]
    assert (found.read_ms, found.age_ms) == (clock.now_ms, 1_100)


async def test_what_is_asked_for_shortly_before_its_age_is_renewed_and_nobody_waits(
    shop: Shop, bench: Bench, clock: Clock
) -> None:
    await shop.crowd("ab")
    (old,) = await bench.cache.get(["a"])
    await shop.crowd("ac", 1, "other")
    clock.advance(int(RENEWED_AT * old.age_ms))
    async with bench.wire.hold():
        assert bench.cache.held(["a", "a"]) == [old, old]
        await bench.wire.held.wait()
        assert await bench.cache.get(["a"]) == [old]

    async def all_is_read() -> bool:
        return not bench.cache._reads._expected

    await comes_true(all_is_read)
    bench.wire.trips.clear()
    clock.advance(old.age_ms - int(RENEWED_AT * old.age_ms))
    assert sorted(await bench.next_items("a")) == ["b", "c"]
    assert bench.wire.trips == []


async def test_while_redis_is_away_a_renewal_is_tried_once_a_second(
    shop: Shop, bench: Bench, clock: Clock, server: fakeredis.FakeServer
) -> None:
    await shop.crowd("ab", 500)  # may be 11 s old, so that there is time left
    (old,) = await bench.cache.get(["a"])
    clock.advance(int(RENEWED_AT * old.age_ms))
    server.connected = False
    assert bench.cache.held(["a"]) == [old]
    await asyncio.wait(bench.cache._reads._expected.values())
    server.connected = True
    assert bench.cache.held(["a"]) == [old]
    assert not bench.cache._reads._expected
    clock.advance(FAILED_PAUSE_MS)
    assert bench.cache.held(["a"]) == [old]
    assert await bench.cache.get(["a"]) == [old]
    await asyncio.wait(bench.cache._reads._expected.values())
    assert bench.cache.held(["a"]) != [old]


async def test_many_are_built_in_turn_with_whatever_else_goes_on(
    shop: Shop, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(near_cache, "TURN_S", 0.0)
    others = 0

    async def others_go_on() -> None:
        nonlocal others
        while True:
            others += 1
            await asyncio.sleep(0)

    await bench.cache.get(["warm"])
    going_on = asyncio.create_task(others_go_on())
    async with bench.wire.hold():
        reading = asyncio.create_task(bench.cache.get([f"i{n}" for n in range(80)]))
        await bench.wire.held.wait()
    before = others
    await reading
    going_on.cancel()
    assert others - before >= 2 * 80


async def test_what_is_forgotten_while_lists_are_built_is_read_again_for_the_next(
    shop: Shop, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what goes together by the supports of its partners would be weighed as if they had none."""
    await shop.buy("ann", "abc")
    await shop.buy("bob", "bd")
    (alone,) = await bench.cache.get(["b"])
    bench.cache.forget()
    monkeypatch.setattr(near_cache, "TURN_S", 0.0)
    lists = bench.cache._builder.lists

    def lists_and_a_switch(columns: Mapping[str, Columns]) -> dict[str, WeightedItems]:
        found = lists(columns)
        asyncio.get_running_loop().call_soon(bench.cache.forget)
        return found

    monkeypatch.setattr(bench.cache._builder, "lists", lists_and_a_switch)
    _, again = await bench.cache.get(["a", "b"])
    for name, items in alone.lists.items():
        assert again.lists[name].weights.tolist() == items.weights.tolist()


async def test_the_list_read_longest_ago_leaves_first(
    shop: Shop, bench: Bench, clock: Clock
) -> None:
    for item in "abcd":
        await bench.cache.get([item])
    clock.advance(1_000)
    await bench.cache.get(["a"])
    await bench.cache.get(["e"])
    assert len(bench.cache) == CAPACITY
    clock.advance(-1_000)
    bench.wire.trips.clear()
    await bench.cache.get(["a", "c", "d", "e"])
    assert bench.wire.trips == []


async def test_forgotten_lists_are_read_again(shop: Shop, bench: Bench) -> None:
    await bench.next_items("a")
    await shop.crowd("ab")
    bench.cache.forget()
    assert await bench.next_items("a") == ["b"]


async def test_lists_forgotten_while_they_are_read_are_not_kept(shop: Shop, bench: Bench) -> None:
    await shop.crowd("ab")
    async with bench.wire.hold():
        reading = asyncio.create_task(bench.next_items("a"))
        await bench.wire.held.wait()
        bench.cache.forget()
    assert await reading == ["b"]
    assert len(bench.cache) == 0


async def test_thin_pairs_stay_hidden_below_the_least_support(
    shop: Shop, server: fakeredis.FakeServer, clock: Clock
) -> None:
    await shop.crowd("ab", 3)
    await shop.crowd("ac", 2, "few")
    async with open_reader(clock, server, Wire()) as store:
        bench = Bench(store, clock, Wire(), min_support=3)
        assert await bench.next_items("a") == ["b"]


async def test_a_user_counts_again_in_a_later_session(
    shop: Shop, bench: Bench, clock: Clock
) -> None:
    await shop.view("ann", "ab")
    clock.advance(GAP_MS + 1)
    await shop.view("ann", "ac")
    assert sorted(await bench.next_items("a")) == ["b", "c"]


async def test_a_failed_read_fails_those_who_wait_and_is_not_remembered(
    shop: Shop,
    bench: Bench,
    server: fakeredis.FakeServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await shop.crowd("ab")
    server.connected = False
    with pytest.raises(StoreUnavailable):
        await bench.cache.get(["a", "b", "c"])
    server.connected = True
    assert await bench.next_items("a") == ["b"]
    assert caplog.text == ""


async def test_a_recommendation_with_warm_lists_is_one_round_trip(shop: Shop) -> None:
    await shop.crowd("ab")
    await shop.view("ann", "a")
    assert await shop.shown("ann", limit=1) == ["b"]
    shop.wire.trips.clear()
    assert await shop.shown("ann", limit=1) == ["b"]
    assert shop.wire.trips == ["EVALSHA"]


async def test_an_own_act_shows_at_once(shop: Shop) -> None:
    await shop.crowd("ab")
    await shop.crowd("cd", name="others")
    await shop.view("ann", "a")
    assert (await shop.shown("ann"))[0] == "b"
    await shop.view("ann", "c")
    assert (await shop.shown("ann"))[0] == "d"
