"""What a user may ask for of their data, and what a shop does with it: export, and merging two ids of one person."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from service.availability import RETRY_AFTER_S, store_answers
from service.errors import Busy, Conflict, NotFound, ServiceError
from store.dead_letters import DeadLetter, DeadLetterStore
from store.exporting import ExportStore, KeptOfUser, KeptVisit
from store.merging import ALIASES_LIMIT, MergeOutcome
from store.recording import EventStore

VISITS_AT_ONCE = 20
UserRecord = KeptOfUser
Visit = KeptVisit
Letter = DeadLetter


@dataclass(frozen=True, slots=True)
class Export:
    """What is known of a user under each of their ids, first the one behind the others, when it was read (ms).

    `letters`: what was sent of them and turned away. Sessions and baskets may be many, and are read when asked for.
    """

    user_id: str
    exported_ms: int
    records: Sequence[UserRecord]
    letters: Sequence[Letter]


class UserData:
    """Exports and merges. Lives as long as the worker."""

    def __init__(
        self,
        exports: ExportStore,
        events: EventStore,
        letters: DeadLetterStore,
        clock: Callable[[], int],
    ) -> None:
        self._exports = exports
        self._events = events
        self._letters = letters
        self._clock = clock

    async def export(self, user_id: str) -> Export:
        """All that is known of a user but for sessions and baskets. NotFound when nothing is."""
        now_ms = self._clock()
        with store_answers():
            names = await self._events.names(user_id)
            records = [await self._exports.kept(name, now_ms) for name in names]
            letters = [letter for name in names for letter in await self._letters.of(name)]
        if not letters and not any(record.anything for record in records):
            raise NotFound("unknown_user", "Nothing is known of this user.")
        return Export(names[0], now_ms, records, letters)

    async def visits(self, record: UserRecord) -> AsyncIterator[Visit]:
        """The sessions and baskets of one record, oldest first, a few at a time."""
        for start in range(0, len(record.visits), VISITS_AT_ONCE):
            with store_answers():
                some = record.visits[start : start + VISITS_AT_ONCE]
                found = await self._exports.visits(record.user, some)
            for visit in found:
                yield visit

    async def merge(self, source: str, target: str) -> str:
        """Makes `source` another id of `target`; whose it is now. Conflict, Busy. Safe to repeat."""
        with store_answers():
            outcome, behind = await self._events.merge(source, target, self._clock())
        if outcome is not MergeOutcome.MERGED:
            raise _problem(outcome)
        return behind


def _problem(outcome: MergeOutcome) -> ServiceError:
    match outcome:
        case MergeOutcome.CYCLE:
            return Conflict("merge_cycle", "`to` is `from`, or was merged into it.")
        case MergeOutcome.ELSEWHERE:
            return Conflict(
                "merged_elsewhere", "`from` was merged into another user.", field="from"
            )
        case MergeOutcome.FULL:
            text = f"{ALIASES_LIMIT} ids were merged into this user lately."
            return Conflict("too_many_merged", text, field="to")
        case MergeOutcome.ERASING:
            return Busy("user_erasing", "One of the users is being erased.", retry_after_s=60)
        case _:
            text = "Others merge one of the users now; try again."
            return Busy("user_merging", text, retry_after_s=RETRY_AFTER_S)
