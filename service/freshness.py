"""How long the worker keeps what is the same for everybody."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from store.errors import StoreUnavailable

EVIDENCE_PER_AGE = 50
QUIET_AGES = 5  # least ages that a list may have in which nothing has changed for so long, or which counts for little
MAX_AGE_MS = 30_000
FAILED_PAUSE_MS = 1_000
RENEWED_AT = 0.9  # of its age: what is asked for then is read again while it is still served


@dataclass(frozen=True, slots=True)
class Freshness:
    """By which clock (epoch ms) shared lists age, their least age, and of how many items they are kept."""

    clock: Callable[[], int]
    least_age_ms: int
    capacity: int

    def age_ms(self, evidence: float, quiet_ms: int = 0) -> int:
        """How old a list with that many sessions behind it may be, in which nothing has changed for `quiet_ms`.

        The least age x (1 + evidence / 50), 30 s at most: thousands of counts do not change in a second. Or as long as
        nothing has changed, up to five least ages: nor do they where hardly anybody acts.
        """
        age_ms = int(self.least_age_ms * (1 + evidence / EVIDENCE_PER_AGE))
        quiet_ms = min(quiet_ms, QUIET_AGES * self.least_age_ms)
        return min(max(age_ms, quiet_ms), self._ceiling_ms)

    def served_ms(self, age_ms: int, share: float) -> int:
        """How old a list that may be so old is served, where it counts for that share of what it can.

        As much longer as it counts less, up to what a list may be in which nothing changes.
        """
        most_ms = max(age_ms, min(QUIET_AGES * self.least_age_ms, self._ceiling_ms))
        return most_ms if age_ms >= most_ms * share else int(age_ms / share)

    @property
    def _ceiling_ms(self) -> int:
        return max(self.least_age_ms, MAX_AGE_MS)


class Renewals:
    """Whether what will soon be too old is read again: not for a second after Redis did not answer."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._from_ms = 0

    @property
    def wanted(self) -> bool:
        return self._from_ms <= self._clock()

    def due(self, old_ms: int, served_ms: int) -> bool:
        """Whether something so old, which is served up to that age, is to be read again by now."""
        return old_ms >= RENEWED_AT * served_ms and self.wanted

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Around each read."""
        try:
            yield
        except StoreUnavailable:
            self._from_ms = self._clock() + FAILED_PAUSE_MS
            raise
