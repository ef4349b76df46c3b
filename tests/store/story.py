"""Tells a history event by event."""

from itertools import count
from typing import Any

from store.events import Event
from tests.store.twins import Twins

CALL_EVENTS = 64


class Story:
    """Makes events with growing ids and records them in calls of the largest allowed size."""

    def __init__(self, twins: Twins) -> None:
        self.twins = twins
        self.numbers = count(1)

    def act(self, user: str, item: str, kind: str = "view", lag_ms: int = 0, **ids: Any) -> Event:
        now_ms = self.twins.now_ms
        event_id = f"e{next(self.numbers)}"
        return Event(user, item, kind, event_id, "sent", now_ms - lag_ms, now_ms, **ids)

    def tell(self, *events: Event) -> None:
        for start in range(0, len(events), CALL_EVENTS):
            self.twins.record(events[start : start + CALL_EVENTS])
