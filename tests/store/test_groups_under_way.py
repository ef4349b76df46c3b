"""Two groups of events under way over the link to a real Redis: wholly recorded, and each user's in their order."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from service.event_checks import EventChecks
from service.known_items import KnownItems
from service.model import NewEvent
from service.recording import EventRecorder
from service.settings import Settings
from store.catalogue import CatalogueStore
from store.connection import Calls, open_client
from store.events import Event, Outcome
from store.keys import Keys
from store.linked_client import LinkedRedis
from store.recording import EventStore, Limits
from store.replication import Replication
from store.script import load_scripts
from tests.clock import START_MS, Clock
from tests.store.twins import TYPES

pytestmark = pytest.mark.real_redis
KEYS = Keys()
GROUP = 62


@pytest.fixture
async def linked(real_redis_url: str) -> AsyncIterator[LinkedRedis]:
    client = open_client(real_redis_url)
    yield client
    await client.aclose()


async def store_on(redis: Redis, limits: Limits | None = None) -> EventStore:
    return EventStore(redis, KEYS, limits or Limits(), TYPES, await load_scripts(redis))


async def recorder_on(linked: LinkedRedis, clock: Clock, seed: int) -> EventRecorder:
    calls = Calls(random.Random(seed))
    catalogue = CatalogueStore(linked, KEYS, calls, Limits().event_ttl_ms)
    checks = EventChecks(TYPES, KnownItems(catalogue, clock), Settings())
    return EventRecorder(await store_on(linked), calls, clock, checks)


async def under_way(linked: LinkedRedis, groups: int) -> None:
    """Returns when so many wait for their answer."""
    async with asyncio.timeout(5):
        while linked.link._line is None or len(linked.link._line.waiting) < groups:  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def test_two_may_be_where_they_arrive_in_their_order(
    linked: LinkedRedis, real_redis: Redis
) -> None:
    strict = Limits(replication=Replication(1, 200))
    assert (await store_on(linked)).calls_at_once == 2
    assert (await store_on(linked, strict)).calls_at_once == 1
    assert (await store_on(real_redis)).calls_at_once == 1


async def test_both_are_recorded_where_the_server_has_lost_its_scripts(
    linked: LinkedRedis, real_redis: Redis
) -> None:
    store = await store_on(linked)
    groups = [
        [
            Event(f"u{number}", "tent", "view", f"e{number}", "sent", START_MS, START_MS)
            for number in range(first, first + GROUP)
        ]
        for first in (0, GROUP)
    ]
    await real_redis.script_flush()
    answers = await asyncio.gather(*map(store.record, groups))
    assert {answer.outcome for group in answers for answer in group} == {Outcome.NEW}
    assert await real_redis.zcard(KEYS.active(0)) == 2 * GROUP


@pytest.mark.parametrize("seed", range(6))  # of the pauses before a call is repeated
async def test_one_users_acts_keep_their_order_where_the_link_is_lost(
    seed: int, linked: LinkedRedis, real_redis: Redis, clock: Clock
) -> None:
    recorder = await recorder_on(linked, clock, seed)
    events = [NewEvent(f"u{number}", "stove", "view") for number in range(3 * GROUP)]
    events[0] = NewEvent("ann", "tent", "purchase", order_id="o1")
    events[GROUP] = NewEvent("ann", "tent", "refund", order_id="o1")
    await real_redis.client_pause(2_000, all=False)
    recording = asyncio.create_task(recorder.record(events))
    await under_way(linked, 2)
    await real_redis.client_kill_filter(_type="normal", skipme=True)
    await real_redis.client_unpause()
    assert [answer.problem for answer in await recording] == [None] * len(events)
    basket = await real_redis.get(KEYS.basket("ann", "o1"))
    assert "tent|refund|" in str(basket)
