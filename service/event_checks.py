"""What is asked of an event before it goes to the store."""

from collections.abc import Iterable, Mapping, Sequence

from service.availability import answered_in_time
from service.errors import InvalidInput, ServiceError, TooNew, TooOld
from service.known_items import KnownItems
from service.model import NewEvent
from service.settings import Settings
from service.spelling import nearest_name
from store.events import EventType
from store.keys import DAY_MS

FUTURE_MS = 300_000


class EventChecks:
    """Judges events by their type, time and item. Lives as long as the recorder."""

    def __init__(
        self, types: Mapping[str, EventType], items: KnownItems, settings: Settings
    ) -> None:
        self._types = types
        self._items = items
        self._event_ttl_ms = settings.event_ttl_s * 1000
        self._catalogue_only = settings.catalogue_only
        self._counts_new_items = settings.new_items_per_key_per_minute > 0

    async def catalogued(
        self, events: Sequence[NewEvent], limited: bool, until: float | None = None
    ) -> frozenset[str]:
        """The items of these events that stand in the catalogue, where anybody wants to know; else none.

        A round trip for each 500 of them at most. Unavailable, also when there is no answer by `until`
        (`answered_in_time`).
        """
        if not self._catalogue_only and not (limited and self._counts_new_items):
            return frozenset()
        named = frozenset(event.item_id for event in events)
        if not self._items.unsure(named):
            return named
        with answered_in_time(until):
            return await self._items.among(named)

    def problem(
        self, event: NewEvent, now_ms: int, catalogued: frozenset[str], *, as_of_event: bool
    ) -> ServiceError | None:
        """Why the event cannot be recorded, or None."""
        if event.type not in self._types:
            return _unknown_type(event.type, self._types)
        if self._catalogue_only and event.item_id not in catalogued:
            text = "The catalogue has no such item, and events are taken for its items only."
            return InvalidInput("unknown_item", text, field="item_id")
        if event.timestamp_ms is None:
            return None
        oldest_ms = self._event_ttl_ms if as_of_event else min(DAY_MS, self._event_ttl_ms)
        if event.timestamp_ms < now_ms - oldest_ms:
            text = f"Events are accepted up to {oldest_ms // 3_600_000} hours back."
            return TooOld("event_too_old", text, field="timestamp")
        if event.timestamp_ms > now_ms + FUTURE_MS:
            return TooNew("event_too_new", "Events may be 5 minutes ahead.", field="timestamp")
        return None


def _unknown_type(sent: str, known: Iterable[str]) -> InvalidInput:
    """With the nearest there is: `addToCart` for `add_to_cart` is easily sent."""
    names = list(known)
    nearest = nearest_name(sent.lower(), names)
    hint = f"Did you mean {nearest}? " if nearest else ""
    return InvalidInput("unknown_type", f"{hint}Known types: {', '.join(names)}.", field="type")
