"""An erased user leaves no trace: the database is the one into which the user never came."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from store.erasing import ERASING_MS
from store.events import Event, Outcome
from store.keys import Keys
from store.recording import EventStore
from store.script import Scripts, load_scripts
from tests.clock import START_MS
from tests.store.dump import dump
from tests.store.histories import LEAVING, LIMITS, History, history, without
from tests.store.server import Server
from tests.store.twins import TYPES

AT_ONCE = 100
VISITS_DONE = 2
OTHER_ID = "ann"

Database = dict[str, Any]


class Worlds:
    """Two stores side by side: the user comes and is erased in one, and never comes into the other."""

    def __init__(self, redis: AsyncRedis, scripts: Scripts, seed: int) -> None:
        self.scripts = scripts
        self.keys = Keys(f"{seed}-erased:")
        self.erased = EventStore(redis, self.keys, LIMITS, TYPES, scripts)
        self.spared = EventStore(redis, Keys(f"{seed}-spared:"), LIMITS, TYPES, scripts)

    async def erase_a_visit(self, user: str, now_ms: int) -> None:
        """The first step of an erasure."""
        arguments = (LIMITS.event_ttl_ms, user, now_ms, ERASING_MS)
        await self.scripts.erase_visit.run(self.keys.tag(0), arguments)


Tale = Callable[[Worlds, History], Awaitable[None]]


async def leaves(worlds: Worlds, calls: History) -> None:
    """The user is erased at the end."""
    await tell(worlds.erased, calls)
    await worlds.erased.erase(LEAVING, calls[-1][0].now_ms)
    await tell(worlds.spared, without(LEAVING, calls))


async def returns(worlds: Worlds, calls: History) -> None:
    """The user is erased in the middle, and comes again."""
    middle = len(calls) // 2
    before, after = calls[:middle], calls[middle:]
    await tell(worlds.erased, before)
    await worlds.erased.erase(LEAVING, before[-1][0].now_ms)
    await tell(worlds.erased, after)
    await tell(worlds.spared, [*without(LEAVING, before), *after])


async def was_merged(worlds: Worlds, calls: History) -> None:
    """Another id turns out to be the user's own, and is erased with them."""
    middle = len(calls) // 2
    await tell(worlds.erased, calls[:middle])
    await worlds.erased.merge(OTHER_ID, LEAVING, calls[0][0].now_ms)
    await tell(worlds.erased, calls[middle:])
    await worlds.erased.erase(OTHER_ID, calls[-1][0].now_ms)
    await tell(worlds.spared, without(OTHER_ID, without(LEAVING, calls)))


async def is_interrupted(worlds: Worlds, calls: History) -> None:
    """The erasure ends after a few visits; whoever asks again resumes it."""
    now_ms = calls[-1][0].now_ms
    await tell(worlds.erased, calls)
    for _ in range(VISITS_DONE):
        await worlds.erase_a_visit(LEAVING, now_ms)
    await worlds.erased.erase(LEAVING, now_ms + 1)
    await tell(worlds.spared, without(LEAVING, calls))


def test_a_thousand_times_all_is_as_if_the_user_never_came(real_redis_url: str) -> None:
    for first in range(0, 1_000, AT_ONCE):
        ends = compared(Server(real_redis_url), leaves, range(first, first + AT_ONCE))
        assert [end for end in ends if LEAVING in repr(end)] == []


@pytest.mark.parametrize("tale", [leaves, returns, was_merged, is_interrupted])
def test_all_is_as_if_the_user_had_not_come_before(server: Server, tale: Tale) -> None:
    compared(server, tale, range(2_000, 2_010 if server.fake else 2_100))


async def test_who_is_being_erased_records_nothing_for_a_minute(redis_client: AsyncRedis) -> None:
    worlds = Worlds(redis_client, await load_scripts(redis_client), seed=1)
    act = Event("u", "i", "view", "e1", "sent", START_MS, START_MS)
    await tell(worlds.erased, [[act]])
    await worlds.erase_a_visit("u", START_MS)
    soon, later = (
        replace(act, event_id="e2", now_ms=START_MS + ms) for ms in (ERASING_MS - 1, ERASING_MS)
    )
    assert [answer.outcome for answer in await worlds.erased.record([soon])] == [Outcome.ERASING]
    await tell(worlds.erased, [[later]])


def compared(server: Server, tale: Tale, seeds: range) -> list[Database]:
    """The databases at the ends of the tales, each the same as where the user never came."""
    asyncio.run(_tell_all(server, tale, seeds))
    with server.client() as redis:
        databases = _by_prefix(redis)
        redis.flushall()
    for seed in seeds:
        assert databases[f"{seed}-erased"] == databases[f"{seed}-spared"], seed
    return [databases[f"{seed}-erased"] for seed in seeds]


async def _tell_all(server: Server, tale: Tale, seeds: range) -> None:
    async with server.async_client() as redis:
        scripts = await load_scripts(redis)
        told = (tale(Worlds(redis, scripts, n), history(random.Random(n))) for n in seeds)
        await asyncio.gather(*told)


async def tell(store: EventStore, calls: History) -> None:
    for call in calls:
        answers = await store.record(call)
        assert {answer.outcome for answer in answers} == {Outcome.NEW}


def _by_prefix(redis: Redis) -> dict[str, Database]:
    databases: dict[str, Database] = defaultdict(dict)
    for key, value in dump(redis, "").items():
        prefix, _, name = key.partition(":")
        databases[prefix][name] = value
    return databases
