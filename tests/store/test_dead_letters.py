"""Dead letters: kept in order, capped, mortal, and without a user who is erased."""

import random

import pytest
from redis.asyncio import Redis

from store.connection import Calls
from store.dead_letters import LETTERS_KEPT, DeadLetter, DeadLetterStore
from store.errors import StoreUnavailable
from store.keys import Keys
from tests.redis_server import free_port

LIFE_MS = 1_000_000
KEY = "tandem:dead-letters"


def store_of(redis: Redis) -> DeadLetterStore:
    return DeadLetterStore(redis, Keys(), Calls(random.Random(1)), LIFE_MS)


def letter(row: int, user: str = "") -> DeadLetter:
    return DeadLetter(7, "request", row, "invalid_id", "item_id", user=user)


async def test_the_newest_letter_comes_first_as_it_was_added(redis_client: Redis) -> None:
    store = store_of(redis_client)
    whole = DeadLetter(7, "0f", 3, "event_too_old", "timestamp", "ann", "tent", "view", "e-1")
    await store.add([letter(1), letter(2)])
    await store.add([whole])
    assert [kept for _, kept in await store.newest(2)] == [whole, letter(2)]
    assert await store.count() == 3


async def test_a_page_goes_on_before_the_last_letter_of_the_page_before(
    redis_client: Redis,
) -> None:
    store = store_of(redis_client)
    await store.add([letter(row) for row in range(1, 6)])
    pages, before = [], ""
    while page := await store.newest(2, before):
        pages.append([kept.row for _, kept in page])
        before = page[-1][0]
    assert pages == [[5, 4], [3, 2], [1]]


async def test_the_oldest_letters_leave(redis_client: Redis) -> None:
    store = store_of(redis_client)
    for start in range(0, LETTERS_KEPT + 2_000, 1_000):
        await store.add([letter(start + n) for n in range(1_000)])
    assert LETTERS_KEPT <= await store.count() <= LETTERS_KEPT + 200
    assert (await store.newest(1))[0][1].row == LETTERS_KEPT + 1_999


async def test_letters_are_forgotten_in_the_end(redis_client: Redis) -> None:
    await store_of(redis_client).add([letter(1)])
    assert Keys().dead_letters == KEY
    assert 0 < await redis_client.pttl(KEY) <= LIFE_MS


async def test_a_users_letters_go_and_the_others_stay(redis_client: Redis) -> None:
    store = store_of(redis_client)
    users = ["ann" if row % 3 else "bob" for row in range(2_500)]
    await store.add([letter(row, user) for row, user in enumerate(users, 1)])
    assert await store.forget("ann") == users.count("ann")
    left = await store.newest(2_500)
    assert {kept.user for _, kept in left} == {"bob"}
    assert len(left) == users.count("bob")


async def test_a_redis_that_is_away_is_said() -> None:
    redis = Redis.from_url(f"redis://127.0.0.1:{free_port()}/0")
    with pytest.raises(StoreUnavailable):
        await store_of(redis).add([letter(1)])
    await redis.aclose()
