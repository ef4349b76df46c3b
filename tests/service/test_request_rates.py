"""Requests are counted while Redis is away too, and together again once it is back."""

from pathlib import Path

import pytest
from redis.asyncio import Redis

from service.request_rates import AWAY_MS, RequestRates
from store.connection import open_client
from store.keys import Keys
from store.rates import RateStore
from tests.clock import Clock
from tests.redis_server import free_port, start_redis_server


async def used_up(rates: RequestRates, times: int) -> list[bool]:
    return [await rates.hit("user", "7", per_minute=2) is not None for _ in range(times)]


async def test_while_redis_is_away_the_rate_is_the_same(clock: Clock) -> None:
    client = open_client("redis://127.0.0.1:1/0")
    rates = RequestRates(RateStore.shared(client, Keys()), clock)
    assert await used_up(rates, 4) == [False, False, True, True]
    await client.aclose()


@pytest.mark.real_redis
async def test_once_redis_is_back_all_workers_count_together_again(
    clock: Clock, tmp_path: Path
) -> None:
    port = free_port()
    client = open_client(f"redis://127.0.0.1:{port}/0")
    one, other = (RequestRates(RateStore.shared(client, Keys()), clock) for _ in "ab")
    assert await used_up(one, 3) == await used_up(other, 3) == [False, False, True]
    server = start_redis_server(tmp_path, port)
    clock.advance(AWAY_MS)
    try:
        assert await used_up(one, 1) + await used_up(other, 2) == [False, False, True]
    finally:
        await client.aclose()
        server.stop()


async def test_no_key_names_a_user(fake_redis: Redis, clock: Clock) -> None:
    rates = RequestRates(RateStore.shared(fake_redis, Keys()), clock)
    await rates.hit("user", "anna-svensson", per_minute=2)
    (key,) = await fake_redis.keys("*")
    assert "anna" not in key
