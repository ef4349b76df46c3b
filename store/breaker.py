"""Says no at once while Redis is away, so that nobody waits for what will not come."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from store.errors import StoreUnavailable

FAILURES = 5
WINDOW_S = 2.0
OPEN_S = 1.0
#: No answer at all. Whoever refuses (memory full, read only, loading) does so quickly.
SILENCE = frozenset({"storage_timeout", "storage_unavailable"})


class Breaker:
    """Open for a second after five calls without an answer within two seconds; then one call tries.

    Lives as long as the client.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._failed: deque[float] = deque(maxlen=FAILURES)
        self._open_until: float | None = None
        self._trying = False

    @property
    def is_open(self) -> bool:
        """Whether calls are refused, but for the one that tries."""
        return self._open_until is not None

    @contextmanager
    def call(self) -> Iterator[None]:
        """Around each call. StoreUnavailable at once while it is open."""
        tries = self._admit()
        try:
            yield
        except StoreUnavailable as error:
            if error.reason in SILENCE:
                self._note_failure(tries)
            else:
                self._close()
            raise
        else:
            self._close()
        finally:
            if tries:
                self._trying = False

    def _admit(self) -> bool:
        """Whether this call is the one that tries."""
        if self._open_until is None:
            return False
        if self._trying or self._seconds() < self._open_until:
            raise StoreUnavailable("storage_unavailable")
        self._trying = True
        return True

    def _close(self) -> None:
        self._open_until = None
        self._failed.clear()

    def _note_failure(self, tried: bool) -> None:
        now = self._seconds()
        self._failed.append(now)
        if tried or (len(self._failed) == FAILURES and now - self._failed[0] <= WINDOW_S):
            self._open_until = now + OPEN_S
