"""A lease is held by one owner at a time, and its token tells later holders from earlier ones."""

import random

import pytest
from redis.asyncio import Redis

from store.connection import Calls
from store.jobs import JobStore
from store.keys import Keys
from store.script import load_scripts
from tests.clock import START_MS

LIFE_MS = 15_000


@pytest.fixture
async def jobs(redis_client: Redis) -> JobStore:
    scripts = await load_scripts(redis_client)
    return JobStore(redis_client, Keys(), scripts, Calls(random.Random(1)))


async def take(jobs: JobStore, owner: str, after_ms: int = 0) -> int:
    return await jobs.take("work", owner, START_MS + after_ms, LIFE_MS)


async def test_a_free_lease_is_taken_and_a_taken_one_is_not(jobs: JobStore) -> None:
    assert await take(jobs, "ann") == 1
    assert await take(jobs, "bob") == 0
    assert await take(jobs, "ann") == 0
    assert await jobs.holder("work") == "ann"


async def test_a_lease_given_back_is_free_at_once(jobs: JobStore) -> None:
    await take(jobs, "ann")
    await jobs.drop("work", "ann")
    assert await jobs.holder("work") == ""
    assert await take(jobs, "bob") == 2


async def test_nobody_gives_back_the_lease_of_another(jobs: JobStore) -> None:
    await take(jobs, "ann")
    await jobs.drop("work", "bob")
    assert await jobs.holder("work") == "ann"


@pytest.mark.parametrize(("after_ms", "token"), [(LIFE_MS - 1, 0), (LIFE_MS, 2)])
async def test_an_abandoned_lease_ends_with_its_life(
    jobs: JobStore, after_ms: int, token: int
) -> None:
    await take(jobs, "ann")
    assert await take(jobs, "bob", after_ms) == token


async def test_keeping_a_lease_prolongs_it(jobs: JobStore) -> None:
    await take(jobs, "ann")
    assert await jobs.keep("work", "ann", START_MS + 10_000, LIFE_MS)
    assert await take(jobs, "bob", 10_000 + LIFE_MS - 1) == 0
    assert await take(jobs, "bob", 10_000 + LIFE_MS) == 2


async def test_a_lease_that_went_to_another_cannot_be_kept(jobs: JobStore) -> None:
    await take(jobs, "ann")
    await take(jobs, "bob", LIFE_MS)
    assert not await jobs.keep("work", "ann", START_MS + LIFE_MS, LIFE_MS)
    assert await jobs.holder("work") == "bob"


async def test_tokens_only_ever_grow(jobs: JobStore) -> None:
    tokens = []
    for turn in range(5):
        tokens.append(await take(jobs, f"owner{turn}", turn * LIFE_MS))
        if turn % 2:
            await jobs.drop("work", f"owner{turn}")
    assert tokens == [1, 2, 3, 4, 5]


async def test_leases_of_different_work_are_independent(jobs: JobStore) -> None:
    assert await take(jobs, "ann") == 1
    assert await jobs.take("other", "bob", START_MS, LIFE_MS) == 1


async def test_a_lease_outlives_its_last_use_for_ever(jobs: JobStore, redis_client: Redis) -> None:
    """A token that began anew would be smaller than those before it."""
    await take(jobs, "ann")
    assert await redis_client.ttl("tandem:lock:work") == -1


async def test_jobs_are_kept_for_a_month(jobs: JobStore, redis_client: Redis) -> None:
    await jobs.put("j1", {"state": "running", "done": 3})
    await jobs.set_current("j1")
    assert await jobs.get("j1") == {"state": "running", "done": "3"}
    assert await jobs.current() == "j1"
    for key in ("tandem:job:j1", "tandem:job:current"):
        assert 0 < await redis_client.pttl(key) <= 31 * 86_400_000
    await jobs.drop_job("j1")
    assert await jobs.get("j1") == {}
