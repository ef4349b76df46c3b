"""A merge that ends after any of its steps is finished by whoever comes next, as if it had never ended."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from store.errors import StoreUnavailable
from store.events import Event, Outcome
from store.keys import Keys
from store.recording import EventStore, Limits
from store.script import load_scripts
from tests.clock import START_MS
from tests.store.cut_line import Line
from tests.store.dump import dump
from tests.store.twins import TYPES

pytestmark = pytest.mark.real_redis

VISITOR, KNOWN, EARLIER = "visitor", "known", "earlier"
MOST_TRIPS = 60
MERGED_MS = START_MS + 100
Then = Callable[["World"], Awaitable[None]]


def act(user: str, item: str, number: int) -> Event:
    return Event(user, item, "view", f"e{number}", "sent", START_MS + number, START_MS + number)


class World:
    """A database of its own in which a visitor, to whom an earlier id belongs, and a known user have come."""

    def __init__(self, name: str, redis: AsyncRedis, line: Line, cut: AsyncRedis) -> None:
        self.keys = Keys(f"{name}:", 4)
        self.redis = redis
        self.line = line
        self._cut = cut

    async def begin(self) -> None:
        self.store = await self._open(self.redis)
        self._breaking = await self._open(self._cut)
        for number, item in enumerate("abcd", 1):
            await self.store.record([act(VISITOR if number > 1 else EARLIER, item, number)])
        await self.store.merge(EARLIER, VISITOR, START_MS + 50)
        await self.store.record([act(KNOWN, "x", 5)])

    async def _open(self, redis: AsyncRedis) -> EventStore:
        return EventStore(redis, self.keys, Limits(), TYPES, await load_scripts(redis))

    async def interrupted(self, trips: int, *, loses_reply: bool) -> bool:
        """Merges until the line breaks; whether it broke."""
        self.line.left, self.line.loses_reply = trips, loses_reply
        try:
            await self._breaking.merge(VISITOR, KNOWN, MERGED_MS)
        except StoreUnavailable:
            return True
        finally:
            self.line.left = None
        return False

    async def merge(self) -> None:
        await self.store.merge(VISITOR, KNOWN, MERGED_MS)

    async def has_begun(self) -> bool:
        return bool(await self.redis.exists(self.keys.aliases(KNOWN)))


async def merges_again(world: World) -> None:
    await world.merge()


async def sends_events_again(world: World) -> None:
    """Under the known user's id, which finishes the merge where it has begun."""
    if await world.has_begun():
        for number, item in enumerate("abcd", 1):
            again = replace(act(KNOWN, item, number), now_ms=MERGED_MS)
            (answer,) = await world.store.record([again])
            assert answer.outcome is Outcome.DUPLICATE
    await world.merge()


async def two_merge_again(world: World) -> None:
    await asyncio.gather(world.merge(), world.merge())


@pytest.mark.parametrize("loses_reply", [False, True], ids=["unsent", "unanswered"])
@pytest.mark.parametrize("then", [merges_again, sends_events_again, two_merge_again])
async def test_it_ends_as_if_it_had_not_been_interrupted(
    real_redis_url: str, then: Then, loses_reply: bool
) -> None:
    line = Line()
    async with line.client(real_redis_url) as cut, Line().client(real_redis_url) as redis:
        whole = World("whole", redis, line, cut)
        await whole.begin()
        await whole.merge()
        broken, trips = True, 0
        while broken:
            trips += 1
            assert trips < MOST_TRIPS
            world = World(f"cut{trips}", redis, line, cut)
            await world.begin()
            broken = await world.interrupted(trips, loses_reply=loses_reply)
            await then(world)
            with Redis.from_url(real_redis_url, decode_responses=True) as outside:
                assert database(outside, f"cut{trips}:") == database(outside, "whole:"), trips
    assert trips > 8


def database(redis: Redis, prefix: str) -> Mapping[str, Any]:
    """Without its prefix, also where values name it."""
    found = dump(redis, prefix)
    return {key.removeprefix(prefix): _without(prefix, value) for key, value in found.items()}


def _without(prefix: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {_without(prefix, name): _without(prefix, held) for name, held in value.items()}
    return value.replace(f" {prefix}", " ") if isinstance(value, str) else value
