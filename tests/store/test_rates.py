"""Requests of a minute, counted."""

import asyncio

import pytest
from redis.asyncio import Redis

from store.connection import open_client
from store.errors import StoreUnavailable
from store.keys import Keys
from store.rates import RateStore

PER_MINUTE = 20


async def hits(rates: RateStore, times: int, who: str = "7") -> list[int | None]:
    return await asyncio.gather(*(rates.hit("user", who, PER_MINUTE) for _ in range(times)))


async def test_of_many_at_once_as_many_pass_as_may(redis_client: Redis) -> None:
    rates = RateStore.shared(redis_client, Keys())
    waits = await hits(rates, 50)
    assert waits.count(None) == PER_MINUTE
    assert all(1 <= wait_s <= 60 for wait_s in waits if wait_s is not None)


async def test_in_this_process_as_many_pass_as_may() -> None:
    assert (await hits(RateStore.own(), 50)).count(None) == PER_MINUTE


async def test_one_uses_up_nothing_of_another(redis_client: Redis) -> None:
    rates = RateStore.shared(redis_client, Keys())
    await hits(rates, PER_MINUTE)
    assert await hits(rates, 1, who="8") == [None]
    assert await rates.hit("ip", "7", PER_MINUTE) is None


async def test_what_was_asked_is_forgotten_in_two_minutes(redis_client: Redis) -> None:
    rates = RateStore.shared(redis_client, Keys())
    await hits(rates, 2)
    (key,) = await redis_client.keys("tandem:rate:*")
    assert 0 < await redis_client.pttl(key) <= 120_000
    # As if half of the next minute were over.
    await redis_client.pexpire(key, 30_000)
    await hits(rates, 1)
    lives_ms = [await redis_client.pttl(each) for each in await redis_client.keys("tandem:*")]
    assert len(lives_ms) == 2
    assert all(0 < life_ms <= 120_000 for life_ms in lives_ms)


async def test_a_redis_that_is_away_is_the_stores_own_error() -> None:
    client = open_client("redis://127.0.0.1:1/0")
    with pytest.raises(StoreUnavailable):
        await RateStore.shared(client, Keys()).hit("user", "7", PER_MINUTE)
    await client.aclose()
