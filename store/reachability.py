"""Whether a Redis answers, asked once and without patience: for those who start or join one."""

from typing import Literal

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, RedisError, ResponseError, TimeoutError
from redis.retry import Retry

TIMEOUT_S = 1.0

State = Literal["ready", "busy", "absent"]


def state_of(url: str) -> State:
    """`busy`: a Redis is there, but serves nothing now (it loads its data, runs a long script, or is stuck)."""
    try:
        with _client(url) as redis:
            redis.ping()
    except (BusyLoadingError, ResponseError, TimeoutError):
        return "busy"
    except (RedisError, OSError):
        return "absent"
    return "ready"


def process_id(url: str) -> int | None:
    """The server's process; None where it does not say."""
    try:
        with _client(url) as redis:
            return int(redis.info("server")["process_id"])
    except (RedisError, OSError, KeyError):
        return None


def _client(url: str) -> Redis:
    return Redis.from_url(
        url,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )
