"""Pub/sub: who changed, what changed, and when something may have been missed."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

from redis.exceptions import RedisError

from store.connection import Calls, Clients
from store.errors import StoreUnavailable
from store.keys import Keys
from store.native import hear

SILENCE_S = 2.0
CONFIRM_TIMEOUT_S = 2.0
CONNECT_TIMEOUT_S = 2.0
BACK_OFF_S = (0.1, 1.0)
_HEARTBEAT = "heartbeat"


@dataclass(frozen=True, slots=True)
class UserChanged:
    """A user acted: their new revision, the event that raised it, and their current session's name since then."""

    user: str
    revision: int
    event_id: str
    type: str
    item: str
    recorded_at_ms: int
    at_ms: int
    session: str


@dataclass(frozen=True, slots=True)
class MayHaveMissed:
    """A subscription was (re)made: what was published before is unknown. `user` None: for all workers' news."""

    user: str | None


@dataclass(frozen=True, slots=True)
class Changed:
    """Something shared changed: `what` is `catalogue` (`ids` are the items), `merged`, `erased` (`ids` are the users),
    `models`, `weights` or `rules`."""

    what: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A worker lives; `own` when it is this one, which so hears what is published."""

    worker: str
    own: bool


Message = UserChanged | MayHaveMissed | Changed | Heartbeat


class PushFeed:
    """One pub/sub connection of one worker. Reconnects by itself; every new subscription is told to the reader.

    Only the reader of `messages` connects, each time with a fresh connection: others who send while the driver is
    in its handshake would break it. A `subscribe` confirmation is the only sign of a gap: each becomes a
    MayHaveMissed. `links` counts the connections that were made.
    """

    def __init__(self, clients: Clients, calls: Calls, keys: Keys, rng: random.Random) -> None:
        self.links = 0
        self._clients = clients
        self._calls = calls
        self._pubsub = clients.listener.pubsub()
        self._connected = False
        self._doubted = False
        self._keys = keys
        self._rng = rng
        self._name = uuid4().hex
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._user_of: dict[str, str] = {}

    async def subscribe(self, user: str) -> None:
        """Returns when the server has confirmed: from then on no change of the user is missed.

        StoreUnavailable when that takes longer than 2 s. Somebody must be reading `messages` meanwhile.
        """
        channel = self._keys.push(user)
        self._user_of[channel] = user
        confirmed = self._waiting.setdefault(channel, asyncio.get_running_loop().create_future())
        await self._send(self._pubsub.subscribe, channel)
        try:
            async with asyncio.timeout(CONFIRM_TIMEOUT_S):
                await asyncio.shield(confirmed)
        except TimeoutError as error:
            raise StoreUnavailable("push_unavailable") from error

    async def unsubscribe(self, user: str) -> None:
        """Asks for no more news of the user; what is under way may still come."""
        channel = self._keys.push(user)
        self._user_of.pop(channel, None)
        self._waiting.pop(channel, None)
        await self._send(self._pubsub.unsubscribe, channel)

    async def beat(self) -> int:
        """Publishes a heartbeat; how many connections it reached, on this server. StoreUnavailable."""
        message = f"{_HEARTBEAT} {self._name}"
        publish = self._clients.commands.publish
        return int(await self._calls.ask(lambda: publish(self._keys.changes, message)))

    def renew(self) -> None:
        """The next read begins with a new connection: this one lives, but may be deaf."""
        self._doubted = True

    async def messages(self) -> AsyncIterator[Message]:
        """All news for this worker, for ever; after a lost connection it goes on, with a MayHaveMissed each."""
        pinged = False
        while True:
            if self._doubted or not self._connected:
                self._connected = False
                await self._connect()
                pinged = False
            try:
                heard = await hear(self._pubsub, SILENCE_S)
                if heard is None and not pinged:
                    await self._pubsub.ping()
            except (RedisError, OSError):
                self._connected = False
                continue
            # After a ping without answer nobody is there.
            self._connected = heard is not None or not pinged
            pinged = heard is None
            message = self._message(*heard) if heard else None
            if message is not None:
                yield message

    async def aclose(self) -> None:
        self._connected = False
        await self._pubsub.aclose()  # type: ignore[no-untyped-call]  # the driver's

    async def _connect(self) -> None:
        while not self._connected:
            wanted = set(self._user_of)
            try:
                await self._pubsub.aclose()  # type: ignore[no-untyped-call]  # the driver's
                self._pubsub = self._clients.listener.pubsub()
                async with asyncio.timeout(CONNECT_TIMEOUT_S):
                    await self._pubsub.subscribe(self._keys.changes, *wanted)
                self._connected, self._doubted = True, False
                self.links += 1
                if late := self._user_of.keys() - wanted:  # who asked meanwhile could not send
                    await self._pubsub.subscribe(*late)
            except (RedisError, OSError):
                self._connected = False
                await asyncio.sleep(self._rng.uniform(*BACK_OFF_S))

    async def _send(self, command: Callable[[str], Awaitable[object]], channel: str) -> None:
        """Sends if there is a connection; without one, or when it breaks, the next begins with all that is wanted."""
        if self._connected:
            with suppress(RedisError, OSError):
                await command(channel)

    def _message(self, kind: str, channel: str, data: str) -> Message | None:
        if kind == "subscribe":
            waiting = self._waiting.pop(channel, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(None)
            return self._confirmed(channel)
        if kind != "message":
            return None
        if channel == self._keys.changes:
            return self._said_to_all(data)
        return _user_changed(self._user_of.get(channel), data)

    def _said_to_all(self, data: str) -> Message:
        what, *rest = data.split(" ")
        if what == _HEARTBEAT and rest:
            return Heartbeat(rest[0], own=rest[0] == self._name)
        return Changed(what, tuple(rest))

    def _confirmed(self, channel: str) -> MayHaveMissed | None:
        """What a confirmed subscription tells; nothing when its user has left meanwhile."""
        if channel == self._keys.changes:
            return MayHaveMissed(None)
        user = self._user_of.get(channel)
        return MayHaveMissed(user) if user is not None else None


def _user_changed(user: str | None, data: str) -> UserChanged | None:
    match data.split("|"):
        case [revision, event_id, event_type, item, recorded_at, at, session] if user is not None:
            times_ms = int(recorded_at), int(at)
            return UserChanged(user, int(revision), event_id, event_type, item, *times_ms, session)
        case _:
            return None
