"""Not again within some days: what was shown to a user and not acted on rests for a while."""

import asyncio
import logging
from collections.abc import Callable

from service.ending import end
from service.model import Recommendations
from service.settings import DAY_S, Settings
from store.errors import StoreUnavailable
from store.served import Served, ServedStore
from store.users import UserState

log = logging.getLogger(__name__)


class Rotation:
    """Remembers what was shown, and says what is to rest. Lives as long as the worker; does nothing unless set."""

    def __init__(self, store: ServedStore, settings: Settings, clock: Callable[[], int]) -> None:
        self._store = store
        self._life_ms = settings.rotate_days * DAY_S * 1000
        self._clock = clock
        self._writes: set[asyncio.Task[None]] = set()

    async def resting(self, state: UserState | None, *, on_screen: bool) -> frozenset[str]:
        """What the user was shown in these days and has not acted on since. One round trip, none without rotation.

        `on_screen`: for a list that replaces the newest one, of which each item may stay.
        """
        if not self._life_ms or state is None:
            return frozenset()
        since_ms = self._clock() - self._life_ms
        lists = [one for one in await self._store.lists(state.user) if one.at_ms >= since_ms]
        acted_ms: dict[str, int] = {}
        for act in state.acts:
            acted_ms[act.item] = max(act.at_ms, acted_ms.get(act.item, 0))
        shown = {item for one in lists for item in one.items if acted_ms.get(item, 0) < one.at_ms}
        return frozenset(shown.difference(lists[0].items) if on_screen and lists else shown)

    def note(self, made: Recommendations) -> None:
        """Remembers in the background that a user was shown a list. What cannot be noted is forgotten."""
        if self._life_ms and made.owner is not None and made.items:
            task = asyncio.create_task(self._note(made.owner, made))
            self._writes.add(task)
            task.add_done_callback(self._writes.discard)

    async def aclose(self) -> None:
        """Ends what is being written."""
        await end(self._writes)

    async def _note(self, user_id: str, made: Recommendations) -> None:
        items = tuple(item.item_id for item in made.items)
        served = Served(made.computed_at_ms, made.strategy, "", items)
        try:
            await self._store.note(user_id, made.revision, served, self._life_ms)
        except StoreUnavailable as error:
            log.info("a list that was shown is not remembered: %s", error.reason)
