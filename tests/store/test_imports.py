"""The progress of an import: the first shift stays, the rows done move on."""

import random

from redis.asyncio import Redis

from store.connection import Calls
from store.imports import ImportState, ImportStore
from store.keys import Keys

LIFE_MS = 1_000_000


def store_of(redis: Redis) -> ImportStore:
    return ImportStore(redis, Keys(), Calls(random.Random(1)), LIFE_MS)


async def test_an_unknown_import_is_none(redis_client: Redis) -> None:
    assert await store_of(redis_client).get("0f") is None


async def test_the_rows_done_are_remembered(redis_client: Redis) -> None:
    store = store_of(redis_client)
    await store.put("0f", ImportState(7, 500))
    assert await store.put("0f", ImportState(7, 1_000)) == ImportState(7, 1_000)
    assert await store.get("0f") == ImportState(7, 1_000)


async def test_the_first_shift_stays(redis_client: Redis) -> None:
    store = store_of(redis_client)
    await store.put("0f", ImportState(7, 0))
    assert await store.put("0f", ImportState(8, 0)) == ImportState(7, 0)


async def test_progress_lies_where_the_key_table_says(redis_client: Redis) -> None:
    await store_of(redis_client).put("0f", ImportState(7, 0))
    assert Keys().import_job("0f") == "tandem:job:import:0f"
    assert await redis_client.exists(Keys().import_job("0f"))


async def test_progress_is_forgotten_in_the_end(redis_client: Redis) -> None:
    await store_of(redis_client).put("0f", ImportState(7, 0))
    assert 0 < await redis_client.pttl("tandem:job:import:0f") <= LIFE_MS
