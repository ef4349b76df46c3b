"""A Redis whose primary the Sentinels know: `redis+sentinel://HOST:PORT,HOST:PORT/SERVICE/DB`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from redis.asyncio import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import (
    Sentinel,
    SentinelConnectionPool,
    SentinelManagedConnection,
    SentinelManagedSSLConnection,
)
from redis.backoff import NoBackoff

SCHEMES = {"redis+sentinel": False, "rediss+sentinel": True}
DEFAULT_PORT = 26_379
# A Sentinel that is away must not hold up asking the next.
SENTINEL_TIMEOUT_S = 0.3


@dataclass(frozen=True, slots=True)
class SentinelPlace:
    """Where the Sentinels are, and whom to ask for. The user and password are the primary's."""

    sentinels: tuple[tuple[str, int], ...]
    service: str
    db: int = 0
    username: str | None = None
    password: str | None = None
    tls: bool = False

    @classmethod
    def of(cls, url: str) -> "SentinelPlace | None":
        """What a URL of this scheme says; None for others. Raises ValueError for one that lacks its parts."""
        scheme, _, rest = url.partition("://")
        if scheme not in SCHEMES:
            return None
        authority, _, path = rest.partition("/")
        credentials, _, hosts = authority.rpartition("@")
        user, _, password = credentials.partition(":")
        service, _, db = path.partition("/")
        if not service or not hosts:
            raise ValueError("redis+sentinel://HOST:PORT,HOST:PORT/SERVICE/DB is wanted")
        return cls(
            sentinels=tuple(_address(host) for host in hosts.split(",")),
            service=unquote(service),
            db=int(db or 0),
            username=unquote(user) or None,
            password=unquote(password) or None,
            tls=SCHEMES[scheme],
        )


class _SentinelPool(BlockingConnectionPool, SentinelConnectionPool):
    """Connections to whoever is primary now; who finds all in use waits, as everywhere."""


def sentinel_pool(place: SentinelPlace, options: Mapping[str, Any]) -> SentinelConnectionPool:
    """A pool for the primary. Each new connection asks the Sentinels where that is."""
    asking = {
        "socket_timeout": SENTINEL_TIMEOUT_S,
        "socket_connect_timeout": SENTINEL_TIMEOUT_S,
        "retry": Retry(NoBackoff(), 0),
    }
    return _SentinelPool(
        service_name=place.service,
        sentinel_manager=Sentinel(  # type: ignore[no-untyped-call]  # the driver's
            place.sentinels, sentinel_kwargs=asking
        ),
        connection_class=SentinelManagedSSLConnection if place.tls else SentinelManagedConnection,
        db=place.db,
        username=place.username,
        password=place.password,
        **options,
    )


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return (host, int(port)) if host else (port, DEFAULT_PORT)
