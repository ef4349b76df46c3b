"""The event types that are taken, for whoever lists them without a store at hand."""

from store.events import DEFAULT_EVENT_TYPES

EVENT_TYPES = tuple(event_type.name for event_type in DEFAULT_EVENT_TYPES)
