"""Whether anybody is active, over all partitions and within the life of an event."""

import random

import pytest
from redis.asyncio import Redis

from store.connection import Calls
from store.keys import Keys
from store.script import load_scripts
from store.users import ACTS_PER_RUN, Act, UserStore

NOW_MS = 1_760_000_000_000
TTL_MS = 1_000_000
KEYS = Keys("tandem:", 2)


@pytest.fixture
async def users(redis_client: Redis) -> UserStore:
    scripts = await load_scripts(redis_client)
    return UserStore(redis_client, KEYS, scripts, Calls(random.Random(1)), TTL_MS)


async def test_nobody_is_active_in_an_empty_store(users: UserStore) -> None:
    assert not await users.any_active(NOW_MS)


@pytest.mark.parametrize("partition", [0, 1])
async def test_a_user_of_any_partition_counts(
    users: UserStore, redis_client: Redis, partition: int
) -> None:
    await redis_client.zadd(KEYS.active(partition), {"ann": NOW_MS})
    assert await users.any_active(NOW_MS)


async def test_a_user_whose_events_have_expired_does_not_count(
    users: UserStore, redis_client: Redis
) -> None:
    await redis_client.zadd(KEYS.active(0), {"ann": NOW_MS - TTL_MS})
    assert await users.any_active(NOW_MS)
    assert not await users.any_active(NOW_MS + 1)


async def test_users_of_several_partitions_are_read_together_in_the_order_asked_for(
    users: UserStore, redis_client: Redis
) -> None:
    names = [f"u{number}" for number in range(9)]
    assert {KEYS.partition(name) for name in names} == {0, 1}
    for number, name in enumerate(names[1:], 1):
        acts = {f"e{number}|view|a": NOW_MS, f"e{number}|view|b": NOW_MS + number}
        await redis_client.zadd(KEYS.history(name), acts)
        profile = {"rev": number, "last": NOW_MS, "n:view": 2, "a:tier": "gold\nsilver"}
        await redis_client.hset(KEYS.profile(name), mapping=profile)  # type: ignore[arg-type]  # the stubs want one type
    nobody, *known = await users.load(names, 1, NOW_MS)
    assert not nobody.known
    assert [state.user for state in known] == names[1:]
    assert [state.revision for state in known] == [*range(1, 9)]
    assert [state.acts for state in known] == [
        (Act(f"e{number}", "view", "b", NOW_MS + number),) for number in range(1, 9)
    ]
    assert known[0].attributes == {"tier": "gold\nsilver"}
    assert known[0].totals == {"view": 2}
    assert known[0].last_ms == NOW_MS


async def test_of_many_long_histories_a_few_are_read_at_a_time(
    users: UserStore, redis_client: Redis
) -> None:
    names = [f"u{number}" for number in range(5)]
    for name in names:
        await redis_client.zadd(KEYS.history(name), {f"e|view|{name}": NOW_MS})
    read = await users.load(names, ACTS_PER_RUN // 2, NOW_MS)
    assert [state.acts[0].item for state in read] == names
    groups = users._groups(names, 2)
    assert sorted(place for _, places in groups for place in places) == [0, 1, 2, 3, 4]
    assert all(len(places) <= 2 for _, places in groups)


async def test_a_merged_user_is_read_as_the_one_behind(
    users: UserStore, redis_client: Redis
) -> None:
    await redis_client.hset(KEYS.profile("old"), "alias", "new")
    await redis_client.hset(KEYS.profile("new"), "rev", 7)
    states = await users.load(["x", "old", "new"], 10, NOW_MS)
    assert [(state.user, state.revision) for state in states] == [("x", 0), ("new", 7), ("new", 7)]
    assert await users.load([], 10, NOW_MS) == []
