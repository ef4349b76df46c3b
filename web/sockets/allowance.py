"""How many messages a socket may send."""

from dataclasses import dataclass, field

BURST_S = 2.0  # what may be said at once, in seconds of what may be said all the time


@dataclass(slots=True)
class Allowance:
    """A bucket of messages that fills at a rate. What is refused is taken from it too."""

    per_s: float
    at_s: float
    left: float = field(init=False)

    def __post_init__(self) -> None:
        self.left = self._burst

    def take(self, now_s: float) -> bool:
        """Whether one more message may be answered now."""
        self.left = min(self._burst, self.left + (now_s - self.at_s) * self.per_s) - 1
        self.at_s = now_s
        return self.left >= 0

    @property
    def is_overdrawn(self) -> bool:
        """Whether so many were refused that whoever sends them does not listen."""
        return self.left < -self._burst

    @property
    def _burst(self) -> float:
        return max(1.0, BURST_S * self.per_s)
