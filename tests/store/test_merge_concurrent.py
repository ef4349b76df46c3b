"""While two users are merged others merge them too, and events of both go on."""

import asyncio

import pytest
from redis.asyncio import Redis as AsyncRedis

from store.events import Event, Outcome
from store.keys import Keys
from store.recording import EventStore, Limits
from store.script import load_scripts
from tests.clock import START_MS
from tests.store.twins import TYPES

pytestmark = pytest.mark.real_redis

KEYS = Keys("t:", 4)
VISITOR, KNOWN = "visitor", "known"


def act(user: str, item: str, number: int) -> Event:
    return Event(user, item, "view", f"e{number}", "sent", START_MS + number, START_MS + number)


async def open_store(redis: AsyncRedis, keys: Keys = KEYS) -> EventStore:
    return EventStore(redis, keys, Limits(), TYPES, await load_scripts(redis))


async def outcome_of(store: EventStore, event: Event) -> Outcome:
    (answer,) = await store.record([event])
    return answer.outcome


async def test_of_two_merges_in_opposite_directions_at_most_one_is_done(
    real_redis: AsyncRedis,
) -> None:
    for number in range(25):
        store = await open_store(real_redis, Keys(f"{number}:", 4))
        one, other = f"a{number}", f"b{number}"
        await asyncio.gather(store.merge(one, other, START_MS), store.merge(other, one, START_MS))
        keys = Keys(f"{number}:", 4)
        aliases = [await real_redis.hget(keys.profile(user), "alias") for user in (one, other)]
        assert aliases.count(None) >= 1, number
        outcomes = {await outcome_of(store, act(user, "x", 1)) for user in (one, other)}
        assert outcomes <= {Outcome.NEW, Outcome.DUPLICATE}


async def test_events_that_come_while_users_are_merged_count_once(real_redis: AsyncRedis) -> None:
    store = await open_store(real_redis)
    events = [act((VISITOR, KNOWN)[number % 2], f"i{number % 7}", number) for number in range(200)]

    async def send() -> list[Outcome]:
        return [await outcome_of(store, event) for event in events]

    async def merge() -> None:
        while not await real_redis.exists(KEYS.history(VISITOR)):  # noqa: ASYNC110
            await asyncio.sleep(0)
        await store.merge(VISITOR, KNOWN, START_MS + 100)

    outcomes, _ = await asyncio.gather(send(), merge())
    assert set(outcomes) == {Outcome.NEW}
    assert await real_redis.zcard(KEYS.history(KNOWN)) == len(events)
    assert await real_redis.hget(KEYS.profile(KNOWN), "n:view") == str(len(events))
