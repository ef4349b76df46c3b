"""Time that moves only when told."""

from dataclasses import dataclass

START_MS = 1_760_000_000_000


@dataclass(slots=True)
class Clock:
    """Gives epoch milliseconds when called, as the product's own clock does."""

    now_ms: int = START_MS

    def __call__(self) -> int:
        return self.now_ms

    def advance(self, ms: int) -> None:
        self.now_ms += ms
