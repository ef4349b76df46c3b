"""What can happen: event types and events, as the store records them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum


@dataclass(frozen=True, slots=True)
class EventType:
    """One row of the table of event types.

    `weight` is the strength with which an act counts for its user's own list (negative: against the item);
    0 leaves list, history and revision alone. `touches`: whether it counts in sessions and pairs.
    """

    name: str
    weight: float
    touches: bool


DEFAULT_EVENT_TYPES = (
    EventType("impression", 0, touches=False),
    EventType("view", 1, touches=True),
    EventType("add_to_cart", 3, touches=True),
    EventType("purchase", 5, touches=True),
    EventType("remove_from_cart", -3, touches=False),
    EventType("dislike", -5, touches=False),
    EventType("refund", -1, touches=False),
)


def type_table(types: Iterable[EventType]) -> Mapping[str, EventType]:
    """Event types by name."""
    return {event_type.name: event_type for event_type in types}


@dataclass(slots=True)
class Event:
    """One act of a user, checked by the caller: ids hold no `:`, `|`, `#`, `*`, space or brace.

    `at_ms` is the event's own time, `now_ms` the clock by which it is recorded (they differ for late events).
    `clock_ms` is the worker's own clock, in imports ahead of `now_ms`: a new user's revision starts at the later of the
    two, so that it never goes back behind one that was erased or has expired.
    `fingerprint` is a digest of what the client sent: the same event id with another fingerprint is a conflict.
    `sender` is `KEY ADDRESS` of a limited sender, "" for one without limits; for such an event `catalogued` says that
    its item stands in the catalogue, and so is no invented one. `again`: it was acknowledged and lost by the store, so
    that no limit of its sender keeps it out.
    """

    user: str
    item: str
    type: str
    event_id: str
    fingerprint: str
    at_ms: int
    now_ms: int
    session_id: str = ""
    order_id: str = ""
    clock_ms: int = 0
    sender: str = ""
    catalogued: bool = False
    again: bool = False


class Outcome(IntEnum):
    """What the record script answers for an event; the numbers are those of `record.lua`."""

    NEW = 0
    DUPLICATE = 1
    CONFLICT = 2
    LIMITED = 3
    REFUSED = 4
    ERASING = 5
    ALIASED = 6
    MERGING = 7
    RATE_LIMITED = 8
    TOO_MANY_NEW = 9


@dataclass(slots=True)
class Recorded:
    """The answer for one event: its outcome and the user's revision after it (0 when there is none).

    `other` while the answer is not final: whose event it is (ALIASED), or who is being merged into its user (MERGING).
    """

    outcome: Outcome
    revision: int
    other: str = ""

    @property
    def is_acknowledged(self) -> bool:
        """Whether the event counts, from now or from before."""
        return self.outcome is Outcome.NEW or self.outcome is Outcome.DUPLICATE
