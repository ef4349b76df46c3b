"""What a caller is told when Redis cannot answer."""

from collections.abc import Iterator
from contextlib import contextmanager

from service.errors import Unavailable
from store.errors import StoreUnavailable

RETRY_AFTER_S = 1


@contextmanager
def store_answers() -> Iterator[None]:
    """Turns the store's StoreUnavailable into the service's Unavailable, with its reason as code."""
    try:
        yield
    except StoreUnavailable as error:
        text = "The store cannot answer now; try again."
        raise Unavailable(error.reason, text, retry_after_s=RETRY_AFTER_S) from error
