"""The store on a real or fake Redis and the model beside it, held against each other."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from copy import deepcopy
from typing import Any, TypeVar

from redis.asyncio import Redis as AsyncRedis
from redis.client import PubSub

from store.events import DEFAULT_EVENT_TYPES, Event, Outcome, Recorded, type_table
from store.keys import Keys
from store.recording import EventStore, Limits
from store.script import Scripts, load_scripts
from tests.clock import START_MS
from tests.store.dump import age, dump, ttls_ms
from tests.store.keyspace import Alien, Zset
from tests.store.model import Model
from tests.store.server import Server

TYPES = type_table(DEFAULT_EVENT_TYPES)
CLIENTS = 2
ANSWER_TIMEOUT_S = 1.0
ASIDE = "aside"
# What has less left to live in virtual time might die in real time before it is looked at.
LEAST_LIFE_MS = 60_000

T = TypeVar("T")
Patch = Callable[[Scripts, AsyncRedis], None]


def leave_scripts(scripts: Scripts, redis: AsyncRedis) -> None:
    """The patch that changes nothing."""


class Twins:
    """Does everything twice, on Redis and in the model, and compares answers, values and lives.

    The server's own clock stands still against the virtual one, so `move` shortens all lives in
    Redis by what the virtual clock has moved.
    """

    def __init__(
        self, server: Server, limits: Limits, keys: Keys, patch: Patch = leave_scripts
    ) -> None:
        self.keys = keys
        self.now_ms = START_MS
        self.model = Model(limits, TYPES, keys, self.now_ms)
        self.redis = server.client()
        self.redis.flushall()
        self.pushes: PubSub = self.redis.pubsub()  # type: ignore[no-untyped-call]
        self.pushes.psubscribe(f"{keys.prefix}*")
        self.pushes.get_message(timeout=ANSWER_TIMEOUT_S)  # the confirmation
        self._opened_s = time.monotonic()
        self._runner = asyncio.Runner()
        self._clients = [server.async_client() for _ in range(CLIENTS)]
        self.stores = [
            self.run(_open_store(client, keys, limits, patch)) for client in self._clients
        ]

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What a coroutine returns that uses the stores."""
        return self._runner.run(work)

    def record(self, events: Sequence[Event], client: int = 0) -> list[Recorded]:
        """Record events of one partition in one call, compare, and give the answers."""
        answers = self.run(self.stores[client].record(events))
        expected = [self.model.record(event) for event in events]
        assert answers == expected, (answers, expected)
        return answers

    def record_at_once(self, first: Sequence[Event], second: Sequence[Event]) -> None:
        """Both clients record at the same moment: all is as after one of the two orders."""
        calls = (first, second)
        answers = self.run(_at_once(self.stores, calls))
        found, tried = dump(self.redis, self.keys.prefix), []
        for order in ((0, 1), (1, 0)):
            model = deepcopy(self.model)
            expected = {place: [model.record(event) for event in calls[place]] for place in order}
            differences = _differences(found, model.dump())
            if [expected[0], expected[1]] == answers and not differences:
                self.model = model
                return
            tried.append((expected, differences))
        raise AssertionError(answers, tried)

    def erase(self, user: str, client: int = 0) -> None:
        self.run(self.stores[client].erase(user, self.now_ms))
        self.model.erase(user, self.now_ms)

    def would_write(self, event: Event) -> list[str]:
        """The keys that the event writes when nothing is broken, found on a copy of the model."""
        model = deepcopy(self.model)
        wrote = model.record(event).outcome is Outcome.NEW
        return sorted(model.space.written) if wrote else []

    def record_on_a_broken_key(self, event: Event, key: str) -> None:
        """Record and compare while `key` holds a type that the store never writes."""
        space = self.model.space
        kept, death_ms = space.values.get(key), space.deaths_ms.pop(key, None)
        if kept is not None:
            self.redis.rename(key, ASIDE)
        space.values[key] = Alien({"broken"})
        self.redis.sadd(key, "broken")
        self.record([event])
        self.compare()
        space.put(key, kept, death_ms)
        self.redis.delete(key)
        if kept is not None:
            self.redis.rename(ASIDE, key)

    def plant(self, key: str, value: Zset | str) -> None:
        """Put the same value on both sides under an existing key, which keeps its life."""
        self.model.space.values[key] = value
        if isinstance(value, str):
            self.redis.set(key, value, keepttl=True)
        else:
            self.redis.zadd(key, dict(value))

    def move(self, ms: int) -> None:
        self.now_ms += ms
        dead = self.model.space.drop_dead(self.now_ms, LEAST_LIFE_MS)
        if dead:
            self.redis.delete(*dead)
        age(self.redis, self.keys.prefix, ms)

    def compare(self) -> None:
        """Values, lives and pushes are the same on both sides."""
        found = dump(self.redis, self.keys.prefix)
        differences = _differences(found, self.model.dump())
        assert differences == {}, differences
        self._compare_lives(sorted(found))
        heard = self.heard(len(self.model.published))
        assert _by_channel(heard) == _by_channel(self.model.published)
        self.model.published.clear()

    def heard(self, count: int) -> list[tuple[str, str]]:
        """The next pushes, (channel, message). One more than `count` is found without waiting."""
        found = []
        for timeout_s in [*[ANSWER_TIMEOUT_S] * count, 0.0]:
            message = self.pushes.get_message(timeout=timeout_s)
            if message is not None:
                found.append((message["channel"], message["data"]))
        return found

    def close(self) -> None:
        self.pushes.close()
        self.redis.close()
        for client in self._clients:
            self.run(client.aclose())
        self._runner.close()

    def _compare_lives(self, keys: list[str]) -> None:
        found = ttls_ms(self.redis, keys)
        elapsed_ms = (time.monotonic() - self._opened_s) * 1000 + 2
        expected = {key: death - self.now_ms for key, death in self.model.space.deaths_ms.items()}
        wrong = {
            key: (ttl_ms, expected.get(key))
            for key, ttl_ms in found.items()
            if not 0 <= expected.get(key, -1) - ttl_ms <= elapsed_ms
        }
        assert wrong == {}, wrong


async def _open_store(client: AsyncRedis, keys: Keys, limits: Limits, patch: Patch) -> EventStore:
    scripts = await load_scripts(client)
    patch(scripts, client)
    return EventStore(client, keys, limits, TYPES, scripts)


async def _at_once(
    stores: Sequence[EventStore], calls: Sequence[Sequence[Event]]
) -> list[list[Recorded]]:
    """What each store answers to its call; all calls are sent before any is answered."""
    return await asyncio.gather(
        *(store.record(events) for store, events in zip(stores, calls, strict=True))
    )


def _by_channel(pushes: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """In the order of each channel: of calls made at once either may come first."""
    return sorted(pushes, key=lambda push: push[0])


def _differences(found: dict[str, Any], expected: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Keys whose values differ, with what Redis and what the model holds."""
    return {
        key: (found.get(key), expected.get(key))
        for key in sorted(found.keys() | expected.keys())
        if found.get(key) != expected.get(key)
    }
