"""An erasure that ends after any of its steps is finished by asking again, with all that was merged into the user."""

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from store.errors import StoreUnavailable
from store.events import Event
from store.keys import Keys
from store.recording import EventStore, Limits
from store.script import load_scripts
from tests.clock import START_MS
from tests.store.cut_line import Line
from tests.store.dump import dump
from tests.store.twins import TYPES

pytestmark = pytest.mark.real_redis

MOST_TRIPS = 60
USERS = ("leaving-visitor", "leaving-phone", "leaving")
OTHER = "other"
NOW_MS = START_MS + 1_000


async def open_store(redis: AsyncRedis, keys: Keys) -> EventStore:
    return EventStore(redis, keys, Limits(), TYPES, await load_scripts(redis))


async def come(store: EventStore, *users: str) -> None:
    """Each buys two things, in an order of their own."""
    for user in users:
        acts = [(item, kind) for item in "ab" for kind in ("view", "purchase")]
        for number, (item, kind) in enumerate(acts):
            at_ms = START_MS + number
            await store.record(
                [Event(user, item, kind, f"{user}-{number}", "sent", at_ms, at_ms, "s", "o")]
            )


@pytest.mark.parametrize("loses_reply", [False, True], ids=["unsent", "unanswered"])
async def test_nothing_is_left(real_redis_url: str, loses_reply: bool) -> None:
    line = Line()
    async with line.client(real_redis_url) as cut, Line().client(real_redis_url) as redis:
        await come(await open_store(redis, Keys("spared:", 4)), OTHER)
        broken, trips = True, 0
        while broken:
            trips += 1
            assert trips < MOST_TRIPS
            keys = Keys(f"cut{trips}:", 4)
            store, breaking = await open_store(redis, keys), await open_store(cut, keys)
            await come(store, OTHER, *USERS)
            for user in USERS[:-1]:
                await store.merge(user, USERS[-1], NOW_MS)
            line.left, line.loses_reply = trips, loses_reply
            broken = await is_interrupted(breaking)
            line.left = None
            await store.erase(USERS[-1], NOW_MS)
            with Redis.from_url(real_redis_url, decode_responses=True) as outside:
                left, spared = dump(outside, f"cut{trips}:"), dump(outside, "spared:")
            assert "leaving" not in repr(left), trips
            assert [*left.values()] == [*spared.values()], trips
    assert trips > 10


async def is_interrupted(store: EventStore) -> bool:
    """Whether the line breaks while the user is erased, by one of their other ids."""
    try:
        await store.erase(USERS[0], NOW_MS)
    except StoreUnavailable:
        return True
    return False
