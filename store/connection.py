"""Clients and calls: how this package talks to Redis.

redis-py would by itself retry a command up to ten times and hold a call for a minute. Here the driver never
retries: `Calls` does, twice at most and within a deadline, and only what is safe to repeat (reads, and scripts
that dedupe).
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.maint_notifications import MaintNotificationsConfig

from store.breaker import Breaker
from store.errors import StoreUnavailable, unavailable
from store.link import Link
from store.linked_client import LinkedRedis
from store.native import make_native
from store.sentinel import SentinelPlace, sentinel_pool
from store.time_limit import time_limit

T = TypeVar("T")

SOCKET_TIMEOUT_S = 1.0
CONNECT_TIMEOUT_S = 0.5
POOL_WAIT_S = 0.5
POOL_SIZE = 32
DEADLINE_S = 2.0
ATTEMPTS = 3
RETRY_DELAY_S = (0.02, 0.1)
#: How uvloop refuses to write to a transport that is closed; the driver lets it pass.
CLOSED = "the handler is closed"
#: What a server says that is the primary no more, or one that its replicas have left.
DEMOTED = frozenset({"storage_read_only", "not_replicated"})
_OPTIONS: Mapping[str, Any] = {
    "socket_connect_timeout": CONNECT_TIMEOUT_S,
    "decode_responses": True,
    # The driver would name itself by CLIENT SETINFO, which not every Redis user may (or server knows).
    "driver_info": None,
    # What a managed server announces of its maintenance the link does not read; it ends like any other lost connection.
    "maint_notifications_config": MaintNotificationsConfig(enabled=False),
}


def open_client(url: str, patience_s: float = SOCKET_TIMEOUT_S) -> LinkedRedis:
    """A client for reads and writes, which waits so long for an answer. Nothing connects before the first command."""
    options = {
        "max_connections": POOL_SIZE,
        "timeout": POOL_WAIT_S,
        "socket_timeout": patience_s,
        "health_check_interval": 15,
        "retry": Retry(NoBackoff(), 0),
        "client_name": "tandem",
    }
    link = Link(_patient_pool(url, "tandem"), patience_s)
    return LinkedRedis(_pool(url, BlockingConnectionPool, options), link)


def open_listener(url: str) -> Redis:
    """A client for pub/sub only: reads wait for ever, silence is no failure."""
    return Redis.from_pool(_patient_pool(url, "tandem-push"))


def _patient_pool(url: str, name: str) -> ConnectionPool:
    """Connections that wait for ever.

    The driver must not reconnect by itself, not even before it gives an error on: hence no supported errors.
    """
    options = {
        "socket_timeout": None,
        "retry": Retry(NoBackoff(), 0, supported_errors=()),
        "client_name": name,
    }
    return _pool(url, ConnectionPool, options)


def _pool(url: str, pool: type[ConnectionPool], own: Mapping[str, Any]) -> ConnectionPool:
    """Connections to the server at `url`, or of whoever the Sentinels there say is the primary."""
    options = {**_OPTIONS, **own}
    place = SentinelPlace.of(url)
    found = pool.from_url(url, **options) if place is None else sentinel_pool(place, options)
    make_native(found)
    return found


def _reason(error: RedisError | RuntimeError) -> StoreUnavailable | None:
    """As `unavailable`; of uvloop's own errors what it says of a connection that has just been reset."""
    if isinstance(error, RedisError):
        return unavailable(error)
    return StoreUnavailable("storage_unavailable") if CLOSED in str(error) else None


@dataclass(frozen=True, slots=True)
class Clients:
    """The two clients of a worker: one for commands, one for pub/sub."""

    commands: Redis
    listener: Redis

    async def aclose(self) -> None:
        await self.commands.aclose()
        await self.listener.aclose()


def open_clients(url: str) -> Clients:
    """Clients of the Redis at `url`. Nothing connects before the first command."""
    return Clients(open_client(url), open_listener(url))


class Calls:
    """Runs calls that are safe to repeat, with a few quick retries inside a deadline.

    `breaker` is open while Redis does not answer: then a call fails at once.
    """

    def __init__(
        self,
        rng: random.Random,
        reconnect: Callable[[], Awaitable[object]] | None = None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """`reconnect` is called where another server may have become the primary."""
        self._rng = rng
        self._reconnect = reconnect
        self.breaker = Breaker(seconds)

    async def run(self, call: Callable[[], Awaitable[T]]) -> T:
        """The call's result; StoreUnavailable when Redis cannot give one in time."""
        with self.breaker.call():
            try:
                with time_limit(asyncio.get_running_loop().time() + DEADLINE_S):
                    return await self._attempts(call)
            except TimeoutError:
                raise StoreUnavailable("storage_timeout") from None
            except StoreUnavailable as error:
                if self._reconnect is not None and error.reason in DEMOTED:
                    with suppress(RedisError, OSError):  # of connections that have ended otherwise
                        await self._reconnect()
                raise

    async def ask(self, command: Callable[[], Awaitable[object]]) -> Any:
        """As `run`, for one command: its reply, in the type that the caller declares.

        The driver's stubs say `bytes | str` of every text; every client here decodes, so it is str.
        """
        return await self.run(command)

    async def _attempts(self, call: Callable[[], Awaitable[T]]) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await call()
            except (RedisError, RuntimeError) as error:
                reason = _reason(error)
                if reason is None:
                    raise
                if attempt == ATTEMPTS:
                    raise reason from error
            await asyncio.sleep(self._rng.uniform(*RETRY_DELAY_S))
        raise StoreUnavailable("storage_unavailable")
