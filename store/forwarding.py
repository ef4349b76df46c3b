"""Events of merged users go to whom they belong to now."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace

from store.aliases import HOPS
from store.errors import StoreUnavailable
from store.events import Event, Outcome, Recorded
from store.keys import Keys
from store.merging import UserMerger

Record = Callable[[Sequence[Event]], Awaitable[list[Recorded]]]


class Forwarding:
    """Goes on where the first answer is not the last. Lives as long as the store."""

    def __init__(self, record: Record, merger: UserMerger, keys: Keys) -> None:
        self._record = record
        self._merger = merger
        self._keys = keys

    async def settled(self, events: Sequence[Event], answers: Sequence[Recorded]) -> list[Recorded]:
        """The final answers, in order. No round trip but where users were merged: one for each partition, after those
        of a merge that has to be finished first.
        """
        sent, found = list(events), list(answers)
        for _ in range(HOPS):
            places = [place for place, answer in enumerate(found) if answer.other]
            if not places:
                return found
            for place in places:
                sent[place] = await self._passed_on(sent[place], found[place])
            await self._record_again(places, sent, found)
        raise StoreUnavailable("storage_busy")

    async def _passed_on(self, event: Event, answer: Recorded) -> Event:
        """The event as it is to be recorded: the other user's, or the same once their merge has ended."""
        if answer.outcome is Outcome.ALIASED:
            return replace(event, user=answer.other)
        await self._merger.finish(answer.other, event.user, event.clock_ms or event.now_ms)
        return event

    async def _record_again(
        self, places: Iterable[int], sent: Sequence[Event], found: list[Recorded]
    ) -> None:
        groups: dict[int, list[int]] = {}
        for place in places:
            groups.setdefault(self._keys.partition(sent[place].user), []).append(place)
        for group in groups.values():
            answers = await self._record([sent[place] for place in group])
            for place, answer in zip(group, answers, strict=True):
                found[place] = answer
