"""What can go wrong at the edge of Redis.

StoreError
├── StoreUnavailable      Redis did not answer, or refuses work; `reason` says which
└── StoreMismatch         the database was made with other partitions or by a newer version
"""

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import AuthenticationError, ConnectionError, RedisError, TimeoutError


class StoreError(Exception):
    """Base of the errors that leave this package."""


class StoreUnavailable(StoreError):
    """Nothing can be read or written now. The same call may succeed later."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StoreMismatch(StoreError):
    """This worker must not use this database."""


#: What the server's own words mean to a caller, by the code that its error begins with.
_REASON_OF_CODE = {
    "OOM": "storage_full",
    "READONLY": "storage_read_only",
    "LOADING": "storage_loading",
    "MASTERDOWN": "storage_unavailable",
    "CLUSTERDOWN": "storage_unavailable",
    "NOREPLICAS": "not_replicated",
    "UNBLOCKED": "not_replicated",  # it was the primary until now
    "MISCONF": "storage_unavailable",
    "BUSY": "storage_busy",
    "NOAUTH": "storage_refused",
    "NOPERM": "storage_refused",
}

_REASON_OF_TYPE: tuple[tuple[type[RedisError], str], ...] = (
    (AuthenticationError, "storage_refused"),
    (TimeoutError, "storage_timeout"),
    (ConnectionError, "storage_unavailable"),
)


@contextmanager
def driver_errors_translated() -> Iterator[None]:
    """Lets what the driver says of a Redis that cannot answer now leave as StoreUnavailable."""
    try:
        yield
    except RedisError as error:
        reason = unavailable(error)
        if reason is None:
            raise
        raise reason from error


def unavailable(error: RedisError) -> StoreUnavailable | None:
    """The domain's word for a driver error that says "not now"; None for one that says "not so"."""
    reason = _REASON_OF_CODE.get(_code(error))
    if reason is None:
        reason = next((said for kind, said in _REASON_OF_TYPE if isinstance(error, kind)), None)
    return None if reason is None else StoreUnavailable(reason)


def _code(error: RedisError) -> str:
    """The code that the server's error begins with."""
    # The driver cuts off those that it knows, and wraps what comes from a pipeline in words of its own.
    said = str(error).rpartition(" of pipeline caused error: (")[2].lstrip("'\"")
    return error.status_code or said.partition(" ")[0]
