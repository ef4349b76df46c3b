"""What workers learn is added up once, fades, and gives way to what people set."""

import asyncio
import random

import pytest
from redis.asyncio import Redis

from store.connection import Calls
from store.keys import Keys
from store.script import load_scripts
from store.weights import HALF_LIFE_EXAMPLES, Learned, Sums, WeightStore

NAME, LAST = "balanced", "view"
SUMS = Sums(10, 4, 2.5, {"a": 1.5, "b": -2.0}, {"a": {"a": 3.0}, "b": {"a": 0.25, "b": 4.0}})


@pytest.fixture
async def store(redis_client: Redis) -> WeightStore:
    scripts = await load_scripts(redis_client)
    return WeightStore(redis_client, Keys(), scripts, Calls(random.Random(1)))


async def read(store: WeightStore, last: str = LAST) -> Learned:
    (learned,) = await store.read([(NAME, last)])
    return learned


async def learn(store: WeightStore, number: int, worker: str = "w", epoch: int = 0) -> bool:
    return await store.learn(NAME, LAST, epoch, worker, number, SUMS)


async def test_nothing_is_learned_at_first(store: WeightStore) -> None:
    assert await read(store) == Learned()


async def test_sums_are_read_as_they_were_sent(store: WeightStore) -> None:
    assert await learn(store, 1)
    assert await read(store) == Learned(0, 10, SUMS)
    assert await read(store, "purchase") == Learned()


async def test_workers_add_up_whoever_comes_first(store: WeightStore) -> None:
    await asyncio.gather(*(learn(store, 1, f"w{n}") for n in range(3)))
    learned = await read(store)
    assert learned.examples == 30
    assert learned.sums.rows["b"]["a"] == pytest.approx(0.75, rel=1e-2)
    assert learned.sums.pulls["b"] == pytest.approx(-6.0, rel=1e-2)


async def test_what_comes_twice_counts_once(store: WeightStore) -> None:
    assert await learn(store, 7)
    assert not await learn(store, 7)
    assert not await learn(store, 3)
    assert (await read(store)).examples == 10


async def test_older_examples_fade_by_half_in_their_half_life(store: WeightStore) -> None:
    await learn(store, 1)
    later = Sums(
        HALF_LIFE_EXAMPLES, 0, 0, {"a": 0.0, "b": 0.0}, {"a": {"a": 0.0}, "b": {"a": 0.0, "b": 0.0}}
    )
    await store.learn(NAME, LAST, 0, "w", 2, later)
    sums = (await read(store)).sums
    assert sums.pulls["a"] == pytest.approx(0.75)
    assert sums.rows["a"]["a"] == pytest.approx(1.5)
    assert sums.hits == pytest.approx(2.0)


@pytest.mark.parametrize("known", ["a", "b"])
async def test_what_a_worker_of_another_version_does_not_know_fades_and_stays(
    store: WeightStore, known: str
) -> None:
    """Or else the matrix would lose cross terms while its diagonal stays: it would be that of no loss."""
    await learn(store, 1)
    fewer = Sums(HALF_LIFE_EXAMPLES, 0, 0, {known: 1.0}, {known: {known: 1.0}})
    await store.learn(NAME, LAST, 0, "older", 1, fewer)
    sums = (await read(store)).sums
    expected = {("a", "a"): 1.5, ("b", "a"): 0.125, ("b", "b"): 2.0}
    expected[known, known] += 1.0
    assert {(a, b): sums.rows[a][b] for a in sums.rows for b in sums.rows[a]} == expected
    assert sums.pulls == {"a": 0.75, "b": -1.0} | {known: sums.pulls[known]}


async def test_pinned_weights_hold_until_they_are_reset(store: WeightStore) -> None:
    await learn(store, 1)
    await store.pin(NAME, LAST, {"a": 0.5})
    pinned = await read(store)
    assert (pinned.pinned, pinned.epoch, pinned.examples) == ({"a": 0.5}, 1, 0)
    assert await learn(store, 2, epoch=1)
    assert (await read(store)).pinned == {"a": 0.5}
    await store.reset(NAME, LAST)
    assert await read(store) == Learned(epoch=2)
    assert await learn(store, 3, epoch=2)


async def test_whoever_pins_at_once_has_an_epoch_of_their_own(store: WeightStore) -> None:
    """One epoch never means two sets of weights: a worker tells them apart by it."""
    await asyncio.gather(*(store.pin(NAME, LAST, {"a": n / 20}) for n in range(20)))
    assert (await read(store)).epoch == 20


async def test_of_pinned_weights_only_how_good_they_are_is_learned(store: WeightStore) -> None:
    await store.pin(NAME, LAST, {"a": 0.5})
    await learn(store, 1, epoch=1)
    sums = (await read(store)).sums
    assert (sums.seen, sums.hits, sums.ranks) == (10, 4, 2.5)
    assert not sums.pulls
    assert not sums.rows


async def test_sums_from_before_a_reset_are_dropped(store: WeightStore) -> None:
    await store.reset(NAME, LAST)
    assert not await learn(store, 1, epoch=0)
    assert (await read(store)).examples == 0


async def test_a_change_by_people_is_announced(store: WeightStore, redis_client: Redis) -> None:
    async with redis_client.pubsub() as listener:
        await listener.subscribe(Keys().changes)
        await store.reset(NAME, LAST)
        heard = []
        async with asyncio.timeout(5):
            while "weights" not in heard:
                message = await listener.get_message(timeout=1)
                heard.append(message["data"] if message else None)
