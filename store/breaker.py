"""Says no at once while Redis is away, so that nobody waits for what will not come."""

from collections import deque
from collections.abc import Callable
from types import TracebackType

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

    def call(self) -> "_Call":
        """Around each call. StoreUnavailable at once while it is open."""
        return _Call(self)

    def admit(self) -> bool:
        """Whether this call is the one that tries. StoreUnavailable while it is open."""
        if self._open_until is None:
            return False
        if self._trying or self._seconds() < self._open_until:
            raise StoreUnavailable("storage_unavailable")
        self._trying = True
        return True

    def note(self, tried: bool, error: BaseException | None) -> None:
        """What became of a call; `tried`: what `admit` said of it."""
        if isinstance(error, StoreUnavailable) and error.reason in SILENCE:
            self._note_failure(tried)
        elif error is None or isinstance(error, StoreUnavailable):
            self._close()
        if tried:
            self._trying = False

    def _close(self) -> None:
        self._open_until = None
        self._failed.clear()

    def _note_failure(self, tried: bool) -> None:
        now = self._seconds()
        self._failed.append(now)
        if tried or (len(self._failed) == FAILURES and now - self._failed[0] <= WINDOW_S):
            self._open_until = now + OPEN_S


class _Call:
    """A context. A class: around each call, where a generator takes three times as long."""

    __slots__ = ("_breaker", "_tries")

    def __init__(self, breaker: Breaker) -> None:
        self._breaker = breaker

    def __enter__(self) -> None:
        self._tries = self._breaker.admit()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._breaker.note(self._tries, error)
