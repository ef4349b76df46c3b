"""Whether anybody is active, over all partitions and within the life of an event."""

import random

import pytest
from redis.asyncio import Redis

from store.connection import Calls
from store.keys import Keys
from store.users import UserStore

NOW_MS = 1_760_000_000_000
TTL_MS = 1_000_000
KEYS = Keys("tandem:", 2)


@pytest.fixture
def users(redis_client: Redis) -> UserStore:
    return UserStore(redis_client, KEYS, Calls(random.Random(1)), TTL_MS)


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
