"""What is asked of the recommender, and how sessions become questions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from service.model import NewEvent
from store.events import DEFAULT_EVENT_TYPES

TOUCHING = frozenset(kind.name for kind in DEFAULT_EVENT_TYPES if kind.touches)


class Touch(NamedTuple):
    """An act on an item, as far as a list depends on it."""

    item: str
    type: str = "view"


@dataclass(frozen=True, slots=True)
class Question:
    """Somebody did `before` (oldest first): what comes next?

    `wanted` are the right items: the next one first, then all that came later, where the protocol asks for that.
    `cluster` numbers the session, basket or user of the question: questions of one cluster depend on each other.
    """

    before: tuple[Touch, ...]
    wanted: tuple[str, ...]
    cluster: int


def touch_of(event: NewEvent) -> Touch:
    return Touch(event.item_id, event.type)


def sessions_of(events: Iterable[NewEvent], gap_s: int | None) -> list[list[NewEvent]]:
    """The touches of each session, sessions in the order of their first touch.

    A pause of more than `gap_s` ends a session; None: only its name tells which events are one session.
    """
    sessions: list[list[NewEvent]] = []
    open_ones: dict[tuple[str, str | None], list[NewEvent]] = {}
    for event in events:
        if event.type not in TOUCHING:
            continue
        key = event.user_id, event.session_id
        session = open_ones.get(key)
        if session is None or (gap_s is not None and _pause_ms(session[-1], event) > gap_s * 1000):
            session = open_ones[key] = []
            sessions.append(session)
        session.append(event)
    return sessions


def questions_of(sessions: Sequence[Sequence[Touch]], *, keep_repeats: bool) -> list[Question]:
    """A question after every prefix of each session; without repeats, a touch of the item touched last is none."""
    found = []
    for cluster, session in enumerate(sessions):
        touches = tuple(session if keep_repeats else without_repeats(session))
        items = tuple(touch.item for touch in touches)
        found += [Question(touches[:n], items[n:], cluster) for n in range(1, len(touches))]
    return found


def without_repeats(touches: Iterable[Touch]) -> list[Touch]:
    """Of several touches of one item in a row only the first."""
    kept: list[Touch] = []
    for touch in touches:
        if not kept or kept[-1].item != touch.item:
            kept.append(touch)
    return kept


def _pause_ms(before: NewEvent, after: NewEvent) -> int:
    return (after.timestamp_ms or 0) - (before.timestamp_ms or 0)
