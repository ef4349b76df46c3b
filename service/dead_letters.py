"""Records that can never be recorded: why, and what of them may be kept."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from service.availability import store_answers
from service.errors import Unavailable
from service.event_types import EVENT_TYPES
from store.dead_letters import DeadLetter, DeadLetterStore

#: Where a record came from that was sent in a request: its row is its place there, from 1 on.
REQUEST = "request"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rejection:
    """Where a record stood, why it was turned away, and the ids that could be made out ("": none)."""

    row: int
    reason: str
    field: str = ""
    user_id: str = ""
    item_id: str = ""
    type: str = ""
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A rejection as it is kept. `source` is `request`, or the digest of an import."""

    letter_id: str
    at_ms: int
    source: str
    rejection: Rejection


class DeadLetters:
    """Keeps and shows them, some 10,000 at most. Lives as long as the worker."""

    def __init__(self, store: DeadLetterStore, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def add(self, source: str, rejections: Sequence[Rejection]) -> None:
        """Keeps rejections in order. Raises Unavailable; said again after that, some may be kept twice."""
        if not rejections:
            return
        at_ms = self._clock()
        with store_answers():
            await self._store.add([_letter(at_ms, source, each) for each in rejections])

    async def note(self, rejections: Sequence[Rejection]) -> None:
        """As `add`, for events whose senders are told all the same: what cannot be kept is lost."""
        try:
            await self.add(REQUEST, rejections)
        except Unavailable as error:
            log.warning("%d dead letters could not be kept: %s", len(rejections), error.code)

    async def newest(self, limit: int, before: str = "") -> list[Letter]:
        """The newest first; with `before` only those older than the letter of that id."""
        with store_answers():
            held = await self._store.newest(limit, before)
        return [Letter(name, each.at_ms, each.source, _rejection(each)) for name, each in held]

    async def count(self) -> int:
        """How many are kept."""
        with store_answers():
            return await self._store.count()


def _letter(at_ms: int, source: str, rejection: Rejection) -> DeadLetter:
    return DeadLetter(
        at_ms,
        source,
        rejection.row,
        rejection.reason,
        rejection.field,
        rejection.user_id,
        rejection.item_id,
        rejection.type if rejection.type in EVENT_TYPES else "",
        rejection.event_id,
    )


def _rejection(letter: DeadLetter) -> Rejection:
    return Rejection(
        letter.row,
        letter.reason,
        letter.field,
        letter.user,
        letter.item,
        letter.type,
        letter.event_id,
    )
