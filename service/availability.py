"""What a caller is told when Redis cannot answer, and how long they wait for it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from service.errors import Unavailable
from store.errors import StoreUnavailable
from store.time_limit import STEP_S
from store.time_limit import time_limit as time_limit  # for web too, which asks the store nothing

RETRY_AFTER_S = 1
#: One call to Redis has 2 s; a request that makes several gets no more than this for all.
REQUEST_S = 2.2
#: What a whole request has beyond it, in which to answer without Redis: more than a time limit may be late.
SPARE_S = 2 * STEP_S


def deadline(spare_s: float = 0.0) -> float:
    """When a request that begins now is given up, as a time of the running loop."""
    return asyncio.get_running_loop().time() + REQUEST_S + spare_s


@contextmanager
def store_answers() -> Iterator[None]:
    """Turns the store's StoreUnavailable into the service's Unavailable, with its reason as code."""
    try:
        yield
    except StoreUnavailable as error:
        raise away(error.reason) from error


class answered_in_time:  # read as the function that it takes the place of
    """As `store_answers`, and what has no answer by then (`deadline()` unless it is given) is Unavailable too.

    A class: around each list and each event, where a generator takes three times as long.
    """

    __slots__ = ("_limit",)

    def __init__(self, until: float | None = None) -> None:
        self._limit = time_limit(deadline() if until is None else until)

    def __enter__(self) -> None:
        self._limit.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._limit.__exit__(kind, error, traceback)
        except TimeoutError:
            raise away("storage_timeout") from None
        if isinstance(error, StoreUnavailable):
            raise away(error.reason) from error
        if isinstance(error, TimeoutError):
            raise away("storage_timeout") from None


def away(reason: str, text: str = "The store cannot answer now; try again.") -> Unavailable:
    """The error for a store that cannot answer."""
    return Unavailable(reason, text, retry_after_s=RETRY_AFTER_S)
