"""Pub/sub: who changed, what changed, and when something may have been missed."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import RedisError

from store.errors import StoreUnavailable
from store.keys import Keys

SILENCE_S = 2.0
CONFIRM_TIMEOUT_S = 2.0
BACK_OFF_S = (0.1, 1.0)


@dataclass(frozen=True, slots=True)
class UserChanged:
    """A user acted: their new revision, and the event that raised it."""

    user: str
    revision: int
    event_id: str
    type: str
    item: str
    recorded_at_ms: int


@dataclass(frozen=True, slots=True)
class MayHaveMissed:
    """A subscription was (re)made: what was published before is unknown. `user` None: for all workers' news."""

    user: str | None


@dataclass(frozen=True, slots=True)
class Changed:
    """Something shared changed: `what` is `catalogue` (with item ids) or `models`."""

    what: str
    ids: tuple[str, ...]


Message = UserChanged | MayHaveMissed | Changed


class PushFeed:
    """One pub/sub connection of one worker. Reconnects by itself; every new subscription is told to the reader.

    redis-py reconnects silently, so a `subscribe` confirmation is the only sign of a gap: each becomes a
    MayHaveMissed.
    """

    def __init__(self, listener: Redis, keys: Keys, rng: random.Random) -> None:
        self._pubsub = listener.pubsub()
        self._keys = keys
        self._rng = rng
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._user_of: dict[str, str] = {}

    async def subscribe(self, user: str) -> None:
        """Returns when the server has confirmed: from then on no change of the user is missed."""
        channel = self._keys.push(user)
        self._user_of[channel] = user
        confirmed = self._waiting.setdefault(channel, asyncio.get_running_loop().create_future())
        try:
            await self._pubsub.subscribe(channel)
            async with asyncio.timeout(CONFIRM_TIMEOUT_S):
                await asyncio.shield(confirmed)
        except (RedisError, OSError, TimeoutError) as error:
            raise StoreUnavailable("push_unavailable") from error

    async def unsubscribe(self, user: str) -> None:
        channel = self._keys.push(user)
        self._user_of.pop(channel, None)
        try:
            await self._pubsub.unsubscribe(channel)
        except (RedisError, OSError):
            return  # a lost connection has unsubscribed already

    async def messages(self) -> AsyncIterator[Message]:
        """All news for this worker, for ever; after a lost connection it goes on, with a MayHaveMissed each."""
        await self._connect()
        while True:
            try:
                raw = await self._pubsub.get_message(timeout=SILENCE_S)
                if raw is None:
                    await self._pubsub.ping()
            except (RedisError, OSError):
                await self._connect()
                continue
            message = self._message(raw) if raw else None
            if message is not None:
                yield message

    async def aclose(self) -> None:
        await self._pubsub.aclose()  # type: ignore[no-untyped-call]

    async def _connect(self) -> None:
        while True:
            try:
                await self._pubsub.subscribe(self._keys.changes, *self._user_of)
                return
            except (RedisError, OSError):
                await self._pubsub.connection_pool.disconnect()
                await asyncio.sleep(self._rng.uniform(*BACK_OFF_S))

    def _message(self, raw: dict[str, str]) -> Message | None:
        channel = raw["channel"]
        if raw["type"] == "subscribe":
            waiting = self._waiting.pop(channel, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(None)
            return MayHaveMissed(self._user_of.get(channel))
        if raw["type"] != "message":
            return None
        if channel == self._keys.changes:
            what, *ids = raw["data"].split(" ")
            return Changed(what, tuple(ids))
        return _user_changed(self._user_of.get(channel), raw["data"])


def _user_changed(user: str | None, data: str) -> UserChanged | None:
    if user is None:
        return None
    revision, event_id, event_type, item, recorded_at = data.split("|")
    return UserChanged(user, int(revision), event_id, event_type, item, int(recorded_at))
