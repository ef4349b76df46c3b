"""When memory is full: reading, starting and erasing go on, recording is refused whole."""

import random
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError

from store.connection import Calls
from store.events import DEFAULT_EVENT_TYPES, Event, type_table
from store.item_state import ItemStore
from store.keys import Keys
from store.meta import agree
from store.recording import EventStore, Limits
from store.script import Scripts, load_scripts
from tests.named import numbers_of

NOW_MS = 1_760_000_000_000
LIMITS = Limits()
TYPES = type_table(DEFAULT_EVENT_TYPES)


def view(user: str, item: str, event_id: str) -> Event:
    return Event(user, item, "view", event_id, "f", NOW_MS, NOW_MS)


@pytest.fixture
async def full(real_redis: Redis) -> AsyncIterator[Redis]:
    """A database with one user's two views, and no memory left."""
    await agree(real_redis, Keys(), LIMITS.event_ttl_ms, NOW_MS)
    store = _events(real_redis, await load_scripts(real_redis))
    await store.record([view("ann", "a", "e1"), view("ann", "b", "e2")])
    await real_redis.config_set("maxmemory", 1)
    yield real_redis
    await real_redis.config_set("maxmemory", 0)


def _events(redis: Redis, scripts: Scripts) -> EventStore:
    return EventStore(redis, Keys(), LIMITS, TYPES, scripts)


async def test_a_worker_starts_and_reads(full: Redis) -> None:
    scripts = await load_scripts(full)
    await agree(full, Keys(), LIMITS.event_ttl_ms, NOW_MS)
    items = ItemStore(full, Keys(), scripts, Calls(random.Random(1)), LIMITS.event_ttl_ms)
    (counts,) = await items.neighbours(["a"], NOW_MS)
    assert numbers_of(counts.view)[">b"] == 12
    assert await items.postings(["a"], 10, NOW_MS) == [["ann:#1760000000"]]


async def test_an_event_is_refused_whole(full: Redis) -> None:
    store = _events(full, await load_scripts(full))
    with pytest.raises(OutOfMemoryError):
        await store.record([view("bob", "a", "e3")])
    assert not await full.keys("*bob*")


async def test_a_user_can_be_erased(full: Redis) -> None:
    store = _events(full, await load_scripts(full))
    await store.erase("ann", NOW_MS)
    left = [key for key in await full.keys("*") if ":recorded:" not in key]
    assert left == ["tandem:meta"]
