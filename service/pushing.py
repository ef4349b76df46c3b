"""Fresh lists for connected users: who watches, when to recompute, what to send.

    event -> record.lua -> PUBLISH user, revision -> the worker that holds a socket of the user
          -> mark dirty -> recompute at once, then at most once per push_min_interval -> deliver the newest

Each push is a whole list with its revision, never the only copy of anything: a lost one is healed by the next, by
reconnecting, by the resync after every new subscription, and by comparing revisions every few seconds.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress

from service.availability import store_answers
from service.ending import end
from service.errors import ServiceError
from service.model import Push, Query, Recommendations
from service.recommender import RealtimeRecommender
from service.settings import Settings
from service.watch import Watch
from store.pushes import Changed, MayHaveMissed, Message, PushFeed, UserChanged
from store.users import UserStore

log = logging.getLogger(__name__)

Deliver = Callable[[str, Push], Awaitable[None]]

COMPARE_INTERVAL_S = 5.0
COMPARE_CHUNK = 500
RESTART_PAUSE_S = 1.0
RETRY_PAUSE_S = 1.0
COMPUTED_AT_ONCE = 8  # a change for everybody must not take all of the store's connections
REFRESH_SHARE = 0.1  # of the worker's time


class PushHub:
    """Keeps the lists of connected users fresh. Lives as long as the worker; runs while `running` is entered."""

    def __init__(
        self,
        recommender: RealtimeRecommender,
        feed: PushFeed,
        users: UserStore,
        settings: Settings,
        clock: Callable[[], int],
    ) -> None:
        self._recommender = recommender
        self._feed = feed
        self._users = users
        self._settings = settings
        self._clock = clock
        self._watches: dict[str, Watch] = {}
        self._deliver: Deliver | None = None
        self._refresh_soon = asyncio.Event()
        self._computing = asyncio.Semaphore(COMPUTED_AT_ONCE)

    def __len__(self) -> int:
        """How many users are connected to this worker."""
        return len(self._watches)

    @asynccontextmanager
    async def running(self, deliver: Deliver) -> AsyncIterator[None]:
        """While entered, `deliver(user, push)` is called with every fresh list of a connected user."""
        self._deliver = deliver
        loops = (self._listen, self._refresh_always, self._compare_always)
        tasks = [asyncio.create_task(self._go_on(loop)) for loop in loops]
        try:
            yield
        finally:
            tasks += [w.serving for w in self._watches.values() if w.serving is not None]
            await end(tasks)

    async def join(self, user_id: str, socket_id: str) -> Push:
        """Counts a socket in and returns its first list.

        Subscribed and confirmed before the list is computed: in this order no change is missed. Raises Unavailable.
        """
        watch = self._watches.get(user_id)
        if watch is None:
            subscribed = asyncio.create_task(self._feed.subscribe(user_id))
            watch = self._watches[user_id] = Watch(user_id, subscribed)
        watch.sockets.add(socket_id)
        try:
            with store_answers():
                await asyncio.shield(watch.subscribed)
            made = await self._compute(watch)
        except BaseException:
            await self.leave(user_id, socket_id)
            raise
        push = watch.push(made, None)
        if watch.sent is None:
            self._recommender.note_shown(made)
            watch.note(made)
        elif made.revision != watch.revision:
            self._mark_dirty(watch)  # the user's other sockets have missed something
        return push

    async def leave(self, user_id: str, socket_id: str) -> None:
        """Counts a socket out; with the last one the worker stops listening for the user."""
        watch = self._watches.get(user_id)
        if watch is None:
            return
        watch.sockets.discard(socket_id)
        if not watch.sockets:
            del self._watches[user_id]
            await self._feed.unsubscribe(user_id)

    async def _go_on(self, loop: Callable[[], Awaitable[None]]) -> None:
        """Begins it again when something unforeseen ends it: pushes must not cease in silence."""
        while True:
            try:
                await loop()
            except Exception:
                log.exception("pushing begins again after an error")
                await asyncio.sleep(RESTART_PAUSE_S)

    async def _listen(self) -> None:
        async for message in self._feed.messages():
            self._hear(message)

    def _hear(self, message: Message) -> None:
        match message:
            case UserChanged():
                self._user_changed(message)
            case MayHaveMissed(user=None):
                self._recommender.forget()
            case MayHaveMissed(user=user):
                self._mark_users([user or ""])
            case Changed(what="catalogue", ids=ids):
                self._recommender.catalogue_changed(ids)
                self._mark_showing(frozenset(ids))
            case Changed(what="merged" | "erased" as what, ids=ids):
                self._recommender.users_changed(what, ids)
                self._mark_users(ids)
            case Changed(what="weights"):
                self._recommender.weights_changed()
            case Changed(what="rules"):
                self._recommender.rules_changed()
                self._refresh_soon.set()
            case Changed():
                self._recommender.forget()
                self._refresh_soon.set()

    def _user_changed(self, message: UserChanged) -> None:
        watch = self._watches.get(message.user)
        if watch is None or message.revision <= watch.told:
            return
        watch.changed = message
        self._mark_dirty(watch)

    def _mark_dirty(self, watch: Watch) -> None:
        watch.dirty = True
        if watch.serving is None:
            watch.serving = asyncio.create_task(self._serve(watch))

    def _mark_users(self, users: Iterable[str]) -> None:
        """Whoever is connected under one of these ids is sent a new list."""
        for user in users:
            watch = self._watches.get(user)
            if watch is not None and watch.sent is not None:  # else join is about to compute
                self._mark_dirty(watch)

    def _mark_showing(self, items: frozenset[str]) -> None:
        """Whoever is shown a changed item is sent a new list: it may have been hidden or sold out."""
        for watch in self._watches.values():
            shown = watch.sent.items if watch.sent is not None else ()
            if any(item.item_id in items for item in shown):
                self._mark_dirty(watch)

    async def _serve(self, watch: Watch) -> None:
        """Leading edge: the first change is sent at once, what comes meanwhile goes together with the next."""
        try:
            while watch.dirty and watch.sockets:
                pause_s = await self._serve_once(watch)
                await asyncio.sleep(pause_s)
        finally:
            watch.serving = None

    async def _serve_once(self, watch: Watch) -> float:
        """Sends one list; how long to pause before the next, in s. While the store is away the user stays dirty."""
        watch.dirty = False
        changed, watch.changed = watch.changed, None
        try:
            async with self._computing:
                made = await self._compute(watch)
        except ServiceError as error:
            log.warning("a push waits for the store: %s", error.code)
            watch.put_back(changed)
            return RETRY_PAUSE_S
        await self._send(watch, made, changed)
        return self._settings.push_min_interval_ms / 1000

    async def _compute(self, watch: Watch) -> Recommendations:
        query = Query(watch.user, limit=self._settings.push_items, explain=True)
        return await self._recommender.recommend(query, fresh=True)

    async def _send(
        self, watch: Watch, made: Recommendations, changed: UserChanged | None = None
    ) -> None:
        push = watch.push(made, changed)
        if not watch.shows_items_of(made):
            self._recommender.note_shown(made)
        watch.note(made)
        if self._deliver is not None and watch.sockets:
            await self._deliver(watch.user, push)

    async def _refresh_always(self) -> None:
        """Others' acts: recomputes lists, longest unchanged first, in a tenth of the worker's time."""
        while True:
            rebuilt = await self._until_refresh()
            waiting = [w for w in self._watches.values() if w.sent is not None]
            for watch in sorted(waiting, key=lambda w: w.computed_ms):
                began = time.perf_counter()
                await self._refresh(watch, even_if_same=rebuilt)
                spent_s = time.perf_counter() - began
                await asyncio.sleep(spent_s * (1 / REFRESH_SHARE - 1))

    async def _until_refresh(self) -> bool:
        """Returns after the interval, or at once and true when something changed for everybody."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.refresh_interval_s):
                await self._refresh_soon.wait()
        rebuilt = self._refresh_soon.is_set()
        self._refresh_soon.clear()
        return rebuilt

    async def _refresh(self, watch: Watch, *, even_if_same: bool) -> None:
        if watch.sent is None or not watch.sockets or watch.serving is not None:
            return
        try:
            made = await self._compute(watch)
        except ServiceError as error:
            log.warning("a refresh waits for the store: %s", error.code)
            return
        if even_if_same or not watch.shows(made):
            await self._send(watch, made)
        else:
            watch.computed_ms = made.computed_at_ms

    async def _compare_always(self) -> None:
        """Finds revisions that a lost message kept from us."""
        while True:
            await asyncio.sleep(COMPARE_INTERVAL_S)
            users = list(self._watches)
            for start in range(0, len(users), COMPARE_CHUNK):
                try:
                    with store_answers():
                        await self._compare(users[start : start + COMPARE_CHUNK])
                except ServiceError as error:
                    log.warning("comparing revisions waits for the store: %s", error.code)

    async def _compare(self, users: list[str]) -> None:
        for user, revision in zip(users, await self._users.revisions(users), strict=True):
            watch = self._watches.get(user)
            if watch is not None and watch.sent is not None and watch.revision != revision:
                self._mark_dirty(watch)
