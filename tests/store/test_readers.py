"""What the read scripts make of the counts: partitions merged, the generation before faded by its age."""

import random
from dataclasses import dataclass, field

import pytest
from redis.asyncio import Redis

from store.connection import Calls
from store.item_state import ItemNeighbours, ItemStore, Support
from store.keys import Keys
from store.script import load_scripts
from tests.clock import Clock
from tests.named import numbers_of

LENGTH_MS = 1_000_000
GENERATION = 1_760_000
# A quarter in: three quarters of the generation before count.
NOW_MS = GENERATION * LENGTH_MS + LENGTH_MS // 4
KEYS = Keys("tandem:", 2)
FADED = 0.75


@dataclass(slots=True)
class Bench:
    """An item store with two partitions, and a hand that writes counts into it."""

    redis: Redis
    store: ItemStore
    clock: Clock = field(default_factory=lambda: Clock(NOW_MS))

    async def pairs(
        self, partition: int, kind: str, item: str, counts: dict[str, int], age: int = 0
    ) -> None:
        key = KEYS.pairs(partition, kind, GENERATION - age, item)
        for name, count in counts.items():
            await self.redis.hincrby(key, name, count)

    async def totals(self, partition: int, sessions: int, baskets: int, age: int = 0) -> None:
        generation = GENERATION - age
        await self.redis.hset(KEYS.totals(partition, "view", generation), "sessions", str(sessions))
        key = KEYS.totals(partition, "purchase", generation)
        await self.redis.hset(key, "baskets", str(baskets))

    async def posting(self, partition: int, item: str, names: list[str], age: int = 0) -> None:
        """A list of sessions, newest first."""
        await self.redis.rpush(KEYS.sessions(partition, GENERATION - age, item), *names)

    async def neighbours(self, item: str) -> ItemNeighbours:
        return (await self.store.neighbours([item], self.clock()))[0]


@pytest.fixture
async def bench(redis_client: Redis) -> Bench:
    scripts = await load_scripts(redis_client)
    calls = Calls(random.Random(1))
    return Bench(redis_client, ItemStore(redis_client, KEYS, scripts, calls, LENGTH_MS))


async def test_pairs_of_every_kind_are_read(bench: Bench) -> None:
    await bench.pairs(0, "view", "a", {">b": 12, "<c": 6, ">*": 12, "*": 2})
    await bench.pairs(0, "purchase", "a", {"b": 3, "*": 4})
    await bench.pairs(0, "conversion", "a", {"d": 1})
    counts = await bench.neighbours("a")
    assert numbers_of(counts.view) == {">b": 12, "<c": 6, ">*": 12, "*": 2}
    assert numbers_of(counts.purchase) == {"b": 3, "*": 4}
    assert numbers_of(counts.conversion) == {"d": 1}


async def test_ready_lists_come_with_the_counts_each_to_its_item(bench: Bench) -> None:
    await bench.redis.zadd(KEYS.similar("a"), {"b": 0.25, "c": 0.5})
    await bench.pairs(1, "view", "x", {">b": 12})
    x, a = await bench.store.neighbours(["x", "a"], NOW_MS)
    assert list(numbers_of(a.similar).items()) == [("c", 0.5), ("b", 0.25)]
    assert (numbers_of(x.view), numbers_of(x.similar)) == ({">b": 12}, {})


async def test_a_server_that_has_lost_its_scripts_is_given_them_again(bench: Bench) -> None:
    await bench.pairs(1, "view", "a", {">b": 12, "*": 1})
    for _ in range(2):
        await bench.redis.script_flush()
        assert numbers_of((await bench.neighbours("a")).view) == {">b": 12, "*": 1}
        assert (await bench.store.supports(["a"], NOW_MS))[1] == [Support(1, 0)]


async def test_an_item_without_counts_has_none(bench: Bench) -> None:
    assert await bench.neighbours("nothing") == ItemNeighbours()


async def test_each_item_gets_its_own_counts_in_the_order_asked_for(bench: Bench) -> None:
    await bench.pairs(0, "view", "a", {">b": 12})
    await bench.pairs(1, "view", "c", {">d": 6})
    a, nothing, c = await bench.store.neighbours(["a", "x", "c"], NOW_MS)
    assert (numbers_of(a.view), numbers_of(nothing.view), numbers_of(c.view)) == (
        {">b": 12},
        {},
        {">d": 6},
    )


async def test_counts_of_two_partitions_are_added(bench: Bench) -> None:
    await bench.pairs(0, "view", "a", {">b": 12, "*": 1})
    await bench.pairs(1, "view", "a", {">b": 6, "<c": 4, "*": 1})
    assert numbers_of((await bench.neighbours("a")).view) == {">b": 18, "<c": 4, "*": 2}


async def test_the_generation_before_counts_by_what_the_window_still_covers(bench: Bench) -> None:
    await bench.pairs(0, "view", "a", {">b": 12, "*": 4})
    await bench.pairs(0, "view", "a", {">b": 12, ">c": 8, "*": 4}, age=1)
    await bench.pairs(1, "purchase", "a", {"d": 4}, age=1)
    counts = await bench.neighbours("a")
    assert numbers_of(counts.view) == {">b": 12 + 12 * FADED, ">c": 8 * FADED, "*": 4 + 4 * FADED}
    assert numbers_of(counts.purchase) == {"d": 4 * FADED}


async def test_two_generations_back_nothing_counts(bench: Bench) -> None:
    await bench.pairs(0, "view", "a", {">b": 12}, age=2)
    assert await bench.neighbours("a") == ItemNeighbours()


@pytest.mark.parametrize(
    ("into_ms", "weight"), [(0, 1.0), (LENGTH_MS // 2, 0.5), (LENGTH_MS // 1_000 * 999, 0.001)]
)
async def test_the_window_slides_evenly(bench: Bench, into_ms: int, weight: float) -> None:
    await bench.pairs(0, "view", "a", {">b": 100}, age=1)
    bench.clock.now_ms = GENERATION * LENGTH_MS + into_ms
    assert numbers_of((await bench.neighbours("a")).view) == {">b": pytest.approx(100 * weight)}


async def test_what_is_ahead_of_the_clock_does_not_count(bench: Bench) -> None:
    await bench.pairs(0, "view", "a", {">b": 12}, age=-1)
    assert await bench.neighbours("a") == ItemNeighbours()


async def test_supports_and_totals_of_both_partitions_and_generations_are_added(
    bench: Bench,
) -> None:
    await bench.totals(0, 10, 4)
    await bench.totals(1, 6, 1)
    await bench.totals(1, 8, 2, age=1)
    await bench.pairs(0, "view", "a", {"*": 5})
    await bench.pairs(1, "view", "a", {"*": 2})
    await bench.pairs(0, "view", "a", {"*": 4}, age=1)
    await bench.pairs(1, "purchase", "a", {"*": 3})
    totals, (a, nothing) = await bench.store.supports(["a", "x"], NOW_MS)
    assert totals == Support(16 + 8 * FADED, 5 + 2 * FADED)
    assert a == Support(7 + 4 * FADED, 3)
    assert nothing == Support(0, 0)


async def test_totals_can_be_read_alone(bench: Bench) -> None:
    await bench.totals(0, 1, 2)
    assert await bench.store.supports([], NOW_MS) == (Support(1, 2), [])


async def test_postings_come_newest_first_the_generation_before_last(bench: Bench) -> None:
    await bench.posting(0, "a", ["u:2", "u:1"])
    await bench.posting(0, "a", ["v:9", "v:8"], age=1)
    await bench.posting(0, "b", ["w:1"])
    assert await bench.store.postings(["a", "b", "x"], 500, NOW_MS) == [
        ["u:2", "u:1", "v:9", "v:8"],
        ["w:1"],
        [],
    ]


async def test_postings_of_all_partitions_are_joined(bench: Bench) -> None:
    await bench.posting(0, "a", ["u:1"])
    await bench.posting(1, "a", ["v:1"], age=1)
    assert await bench.store.postings(["a"], 500, NOW_MS) == [["u:1", "v:1"]]


async def test_postings_hold_at_most_so_many_sessions_a_partition(bench: Bench) -> None:
    await bench.posting(0, "a", ["u:3", "u:2"])
    await bench.posting(0, "a", ["u:1", "u:0"], age=1)
    await bench.posting(1, "a", ["v:3", "v:2", "v:1", "v:0"])
    assert await bench.store.postings(["a"], 3, NOW_MS) == [
        ["u:3", "u:2", "u:1", "v:3", "v:2", "v:1"]
    ]


async def test_sessions_give_their_items_in_order(bench: Bench) -> None:
    await bench.redis.set(KEYS.session("ann", "#1"), f"{NOW_MS} 17 a|view|0 b|view|3 a|purchase|9")
    await bench.redis.set(KEYS.session("bob", "s~2"), f"{NOW_MS + 5} 17 c|view|0")
    assert await bench.store.sessions(["bob:s~2", "gone:#1", "ann:#1"]) == [
        (NOW_MS + 5, ["c"]),
        None,
        (NOW_MS, ["a", "b", "a"]),
    ]


async def test_popular_items_are_read_by_the_hour_over_all_partitions(bench: Bench) -> None:
    await bench.redis.zadd(KEYS.popular(0, "view", 7), {"a": 3, "b": 5})
    await bench.redis.zadd(KEYS.popular(1, "view", 7), {"a": 2})
    await bench.redis.zadd(KEYS.popular(1, "view", 8), {"c": 1})
    assert await bench.store.popular("view", [7, 8, 9], 10) == [
        [("b", 5), ("a", 3), ("a", 2)],
        [("c", 1)],
        [],
    ]
    assert await bench.store.popular("view", [7], 1) == [[("b", 5), ("a", 2)]]
