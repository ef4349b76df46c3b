"""How long the worker keeps what is the same for everybody."""

from collections.abc import Callable
from dataclasses import dataclass

EVIDENCE_PER_AGE = 50
QUIET_AGES = 5  # least ages that a list may have in which nothing has changed for so long
MAX_AGE_MS = 30_000
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
        return min(max(age_ms, quiet_ms), max(self.least_age_ms, MAX_AGE_MS))

    def served_ms(self, age_ms: int, share: float) -> int:
        """How old a list that may be so old is served, where it counts for that share of what it can.

        As much longer as it counts less; up to five least ages, if it may not be as old anyway.
        """
        most_ms = max(age_ms, QUIET_AGES * self.least_age_ms)
        return most_ms if age_ms >= most_ms * share else int(age_ms / share)
