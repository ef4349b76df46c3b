"""Where a log lies in the time of its replay: in one generation from beginning to end, no session torn apart."""

from collections.abc import Iterable
from dataclasses import dataclass

from service.evaluation.readers import Log
from service.model import NewEvent
from service.settings import DAY_S

EPOCH_MS = 1_700_000_000_000
LONGEST_S = 399 * DAY_S
LONGEST_GAP_S = DAY_S
LEAST_GAP_S = 60
SPARE_S = 3_600
MARGIN_S = 60


class ReplayClock:
    """The clock of a replay: stands where it was set last."""

    def __init__(self, start_ms: int) -> None:
        self.now_ms = start_ms

    def __call__(self) -> int:
        return self.now_ms


@dataclass(frozen=True, slots=True)
class Timeline:
    """Shifts a log's times to the beginning of a generation, and shrinks them where it is too long for one.

    `scale` is 1 for logs of up to 399 days whose sessions pause for a day at most: their times stay as they are but
    for the shift. `gap_s` is the pause that ends a session.
    """

    first_ms: int
    scale: float
    event_ttl_s: int
    gap_s: int

    @property
    def start_ms(self) -> int:
        """The beginning of a generation."""
        return EPOCH_MS // (self.event_ttl_s * 1000) * self.event_ttl_s * 1000

    def at(self, log_ms: int) -> int:
        """A time of the log in the replay."""
        return self.start_ms + round((log_ms - self.first_ms) * self.scale)


def timeline_of(log: Log, studied_ms: int = 0) -> Timeline:
    """For a log of at least one event, and for so much time that goes by beside it."""
    spare_s = max(SPARE_S, studied_ms // 1000 + MARGIN_S)
    first_ms, last_ms = log.events[0].timestamp_ms or 0, log.events[-1].timestamp_ms or 0
    span_s = (last_ms - first_ms) / 1000
    gap_s = _longest_pause_s(log.events) if log.gap_s is None else log.gap_s
    scale = min(1.0, (LONGEST_S - spare_s) / max(span_s, 1.0), LONGEST_GAP_S / max(gap_s, 1))
    ttl_s = max(DAY_S, int(span_s * scale) + spare_s)
    return Timeline(first_ms, scale, ttl_s, max(int(gap_s * scale), LEAST_GAP_S))


def _longest_pause_s(events: Iterable[NewEvent]) -> int:
    """No pause between two events of one named session is longer."""
    last: dict[str | None, int] = {}
    longest_ms = 0
    for event in events:
        now_ms = event.timestamp_ms or 0
        longest_ms = max(longest_ms, now_ms - last.get(event.session_id, now_ms))
        last[event.session_id] = now_ms
    return longest_ms // 1000 + 1
