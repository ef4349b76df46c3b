"""What can go wrong at the edge of Redis.

StoreError
├── StoreUnavailable      Redis did not answer, or refuses work; `reason` says which
└── StoreMismatch         the database was made with other partitions or by a newer version
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ConnectionError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TimeoutError,
)


class StoreError(Exception):
    """Base of the errors that leave this package."""


class StoreUnavailable(StoreError):
    """Nothing can be read or written now. The same call may succeed later."""

    #: What the server's own words mean to a caller, by the first word of its error.
    REASONS: ClassVar[dict[str, str]] = {
        "OOM": "storage_full",
        "READONLY": "storage_read_only",
        "LOADING": "storage_loading",
        "MASTERDOWN": "storage_unavailable",
        "CLUSTERDOWN": "storage_unavailable",
        "NOREPLICAS": "not_replicated",
        "MISCONF": "storage_unavailable",
        "BUSY": "storage_busy",
        "NOAUTH": "storage_refused",
        "NOPERM": "storage_refused",
    }

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StoreMismatch(StoreError):
    """This worker must not use this database."""


_REASON_OF_TYPE: tuple[tuple[type[RedisError], str], ...] = (
    (OutOfMemoryError, "storage_full"),
    (ReadOnlyError, "storage_read_only"),
    (BusyLoadingError, "storage_loading"),
    (AuthenticationError, "storage_refused"),
    (NoPermissionError, "storage_refused"),
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
    for kind, reason in _REASON_OF_TYPE:
        if isinstance(error, kind):
            return StoreUnavailable(reason)
    if isinstance(error, ResponseError):
        known = StoreUnavailable.REASONS.get(str(error).partition(" ")[0])
        return StoreUnavailable(known) if known else None
    return None
