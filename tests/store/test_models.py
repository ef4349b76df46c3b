"""Models under versions: seen as a whole or not at all, and built by whoever holds the lease."""

import asyncio
import random
from collections.abc import Mapping

import pytest
from redis.asyncio import Redis

from store.connection import Calls
from store.item_state import ItemStore
from store.jobs import REBUILD_LEASE, JobStore
from store.keys import DAY_MS, Keys
from store.models import COLLABORATIVE, DROPPED, WALK, ModelStore
from store.script import load_scripts
from tests.clock import START_MS
from tests.named import numbers_of

LENGTH_MS = 14 * DAY_MS
GENERATION = START_MS // LENGTH_MS
ITEMS = [f"i{n}" for n in range(60)]


class Bench:
    """The stores over one database, and a builder that takes the lease for each version."""

    def __init__(self, redis: Redis, jobs: JobStore, models: ModelStore, items: ItemStore) -> None:
        self.redis = redis
        self.jobs = jobs
        self.models = models
        self.items = items

    async def turn(self) -> int:
        """The next version: the lease is taken anew, whoever held it before."""
        await self.redis.hset("tandem:lock:rebuild", "until", "0")
        return await self.jobs.take(REBUILD_LEASE, "builder", START_MS, 15_000)

    async def build(self, lists: Mapping[str, str], model: str = WALK) -> int:
        version = await self.turn()
        assert await self.models.write(model, version, lists)
        assert await self.models.switch(model, version)
        return version

    async def walk_of(self, *items: str) -> list[dict[str, float]]:
        return [numbers_of(near.walk) for near in await self.items.neighbours(items, START_MS)]


@pytest.fixture
async def bench(redis_client: Redis) -> Bench:
    scripts, keys = await load_scripts(redis_client), Keys(partitions=2)
    calls = Calls(random.Random(1))
    return Bench(
        redis_client,
        JobStore(redis_client, keys, scripts, calls),
        ModelStore(redis_client, keys, scripts, calls, LENGTH_MS),
        ItemStore(redis_client, keys, scripts, calls, LENGTH_MS),
    )


async def test_a_version_is_read_once_it_is_current(bench: Bench) -> None:
    version = await bench.turn()
    await bench.models.write(WALK, version, {"a": "b .5 c .25"})
    assert await bench.walk_of("a") == [{}]
    await bench.models.switch(WALK, version)
    assert await bench.walk_of("a", "x") == [{"b": 0.5, "c": 0.25}, {}]


async def test_models_have_versions_of_their_own(bench: Bench) -> None:
    await bench.build({"a": "b 1"})
    await bench.build({"a": "c 1"}, COLLABORATIVE)
    (near,) = await bench.items.neighbours(["a"], START_MS)
    assert (numbers_of(near.walk), numbers_of(near.collaborative)) == ({"b": 1.0}, {"c": 1.0})


async def test_who_lost_the_lease_neither_writes_nor_switches(bench: Bench) -> None:
    lost, newer = await bench.turn(), await bench.turn()
    assert not await bench.models.write(WALK, lost, {"a": "b 1"})
    assert not await bench.models.switch(WALK, lost)
    assert await bench.redis.keys("tandem:walk:*") == []
    assert await bench.models.versions() == {}
    assert await bench.models.switch(WALK, newer)


async def test_a_switch_that_is_repeated_changes_nothing(bench: Bench) -> None:
    """As after a lost answer."""
    version = await bench.build({"a": "b 1"})
    assert await bench.models.switch(WALK, version)
    assert await bench.models.versions() == {WALK: version}


async def test_a_version_never_gives_way_to_an_older_one(bench: Bench) -> None:
    version = await bench.turn()
    await bench.redis.hset("tandem:models", WALK, str(version + 1))
    assert not await bench.models.switch(WALK, version)


async def test_lists_live_as_long_as_the_counts_behind_them(bench: Bench) -> None:
    version = await bench.build({"a": "b 1"})
    life_ms = await bench.redis.pttl(f"tandem:walk:{version}:a")
    assert 2 * LENGTH_MS - 60_000 < life_ms <= 2 * LENGTH_MS


async def test_sweeping_leaves_the_current_version_and_what_is_being_built(bench: Bench) -> None:
    dead = await bench.turn()
    await bench.models.write(
        WALK, dead, dict.fromkeys((f"m{n}" for n in range(DROPPED + 1)), "x 1")
    )
    current = await bench.build({"a": "b 1"})
    await bench.build({"a": "b 1"}, COLLABORATIVE)
    building, later = await bench.turn(), await bench.turn()
    await bench.models.write(WALK, later, {"a": "c 1"})
    await bench.models.sweep(WALK, building)
    kept = {f"tandem:walk:{version}{end}" for version in (current, later) for end in ("", ":a")}
    assert set(await bench.redis.keys("tandem:walk:*")) == kept
    assert len(await bench.redis.keys("tandem:collaborative:*")) == 2
    await bench.models.sweep(WALK, building)
    assert set(await bench.redis.keys("tandem:walk:*")) == kept


async def test_readers_never_see_half_a_version(bench: Bench) -> None:
    """Each version names itself in every list; a read of many items is of one version."""
    await bench.build(dict.fromkeys(ITEMS, "v0 1"))
    seen = set()

    async def build() -> None:
        for number in range(1, 25):
            version = await bench.build(dict.fromkeys(ITEMS, f"v{number} 1"))
            await bench.models.sweep(WALK, version)

    building = asyncio.create_task(build())
    while not building.done():
        (names,) = {tuple(walk) for walk in await bench.walk_of(*ITEMS)}
        seen.add(names)
    await building
    assert len(seen) > 1


async def test_followers_come_with_the_weight_of_their_generation(bench: Bench) -> None:
    before, old = GENERATION - 1, GENERATION - 2
    held: dict[str, dict[str, str]] = {
        f"{{0}}:pairs:view:{GENERATION}:a": {">b": "12", "<c": "6", ">*": "12", "*": "1"},
        f"{{1}}:pairs:view:{before}:a": {">b": "12"},
        f"{{1}}:pairs:view:{old}:a": {">b": "12"},
        f"{{0}}:pairs:purchase:{GENERATION}:a": {"b": "12"},
    }
    for key, counts in held.items():
        flat = [part for pair in counts.items() for part in pair]
        await bench.redis.hset(f"tandem:{key}", items=flat)
    found = [row async for page in bench.models.followers(START_MS) for row in page]
    covered = 1 - START_MS % LENGTH_MS / LENGTH_MS
    assert sorted(found, key=str, reverse=True) == sorted(
        [("a", {"b": 12.0}), ("a", {"b": 12.0 * covered})], key=str, reverse=True
    )


async def test_baskets_come_without_what_was_given_back(bench: Bench) -> None:
    start = START_MS // 1000
    for key, last_ms, entries in (
        ("{0}:basket:ann:o", START_MS, "a|purchase|0 b|refund|5 c|purchase|9"),
        ("{1}:basket:bob:o", START_MS - LENGTH_MS, "d|purchase|0"),
    ):
        await bench.redis.set(f"tandem:{key}", f"{last_ms} {start} {entries}")
    found = [row async for page in bench.models.baskets(START_MS) for row in page]
    covered = 1 - START_MS % LENGTH_MS / LENGTH_MS
    assert sorted(found) == sorted([(1.0, ["a", "c"]), (covered, ["d"])])


@pytest.mark.parametrize(("generations", "weights"), [(-2, []), (-1, [0.0]), (1, [1.0])])
async def test_a_basket_counts_as_its_generation_does_and_one_ahead_of_the_clock_in_full(
    bench: Bench, generations: int, weights: list[float]
) -> None:
    ends_ms = (GENERATION + 1) * LENGTH_MS - 1
    last_ms = ends_ms + generations * LENGTH_MS
    await bench.redis.set("tandem:{0}:basket:ann:o", f"{last_ms} 1 a|purchase|0")
    found = [weight async for page in bench.models.baskets(ends_ms) for weight, _ in page]
    assert found == pytest.approx(weights, abs=1e-6)
