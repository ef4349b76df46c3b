"""What was shown is remembered for a while, and not of those who are gone."""

import random

import pytest
from redis.asyncio import Redis

from store.connection import Calls
from store.keys import Keys
from store.rules import RuleStore
from store.script import load_scripts
from store.served import LISTS_KEPT, Served, ServedStore

KEYS = Keys()
LIFE_MS = 60_000


@pytest.fixture
async def store(redis_client: Redis) -> ServedStore:
    return ServedStore(
        redis_client, KEYS, await load_scripts(redis_client), Calls(random.Random(1))
    )


def served(at_ms: int, *items: str) -> Served:
    return Served(at_ms, "balanced", "", items)


async def test_lists_are_read_as_they_were_noted_the_newest_first(store: ServedStore) -> None:
    assert await store.lists("ann") == []
    first, second = served(5, "a", "b"), Served(6, "fast", "arm-1", ("c",))
    assert await store.note("ann", 0, first, LIFE_MS)
    assert await store.note("ann", 0, second, LIFE_MS)
    assert await store.lists("ann") == [second, first]
    assert await store.lists("bob") == []


async def test_only_the_newest_are_kept_and_for_their_life(
    store: ServedStore, redis_client: Redis
) -> None:
    for number in range(LISTS_KEPT + 3):
        await store.note("ann", 0, served(number, "a"), LIFE_MS)
    lists = await store.lists("ann")
    assert [one.at_ms for one in lists] == list(range(LISTS_KEPT + 2, 2, -1))
    assert 0 < await redis_client.pttl(KEYS.served("ann")) <= LIFE_MS


async def test_of_a_user_who_is_erased_meanwhile_nothing_is_noted(
    store: ServedStore, redis_client: Redis
) -> None:
    await redis_client.hset(KEYS.profile("ann"), mapping={"rev": 7, "erasing": 9})
    assert not await store.note("ann", 7, served(5, "a"), LIFE_MS)
    await redis_client.delete(KEYS.profile("ann"))
    assert not await store.note("ann", 7, served(5, "a"), LIFE_MS)
    assert await redis_client.exists(KEYS.served("ann")) == 0


async def test_an_act_since_the_list_was_made_does_not_matter(
    store: ServedStore, redis_client: Redis
) -> None:
    await redis_client.hset(KEYS.profile("ann"), "rev", "8")
    assert await store.note("ann", 7, served(5, "a"), LIFE_MS)


async def test_rules_are_read_as_they_were_written(redis_client: Redis) -> None:
    rules = RuleStore(redis_client, KEYS, Calls(random.Random(1)))
    assert await rules.read() is None
    await rules.write("[1]")
    await rules.write("[2]")
    assert await rules.read() == "[2]"
