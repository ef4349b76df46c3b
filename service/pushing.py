"""Fresh lists for connected users: who watches, when to recompute, what to send.

    event -> record.lua -> PUBLISH user, revision -> the worker that holds a socket of the user
          -> mark dirty -> recompute at once, then at most once per push_min_interval -> deliver the newest

Each push is a whole list with its revision, never the only copy of anything: a lost one is healed by the next, by
reconnecting, and by comparing revisions, after every new subscription and every few seconds.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from time import perf_counter

from service.availability import store_answers
from service.canary import Canary
from service.comparing import Comparison
from service.ending import end
from service.errors import ServiceError
from service.lasting import lasting, set_within
from service.model import Push, Query, Recommendations
from service.pacing import rest_since
from service.recommender import RealtimeRecommender
from service.settings import Settings
from service.watch import Watch
from store.pushes import Changed, Heartbeat, MayHaveMissed, Message, PushFeed, UserChanged
from store.users import UserStore

log = logging.getLogger(__name__)

Deliver = Callable[[str, Push], Awaitable[None]]

RETRY_PAUSE_S = 1.0
COMPUTED_AT_ONCE = 8  # a change for everybody must not hold up requests
REFRESH_SHARE = 0.1  # of the worker's time
HURRIED_SHARE = 0.5  # when something has changed, or may have, for everybody


class PushHub:
    """Keeps the lists of connected users fresh. Lives as long as the worker; runs while `running` is entered."""

    def __init__(
        self,
        recommender: RealtimeRecommender,
        feed: PushFeed,
        users: UserStore,
        settings: Settings,
    ) -> None:
        self._recommender = recommender
        self._feed = feed
        self._settings = settings
        self._watches: dict[str, Watch] = {}
        self._deliver: Deliver | None = None
        self._canary = Canary(feed)
        self._comparison = Comparison(users, self._watches, self._doubt)
        self._refresh_soon = asyncio.Event()
        self._changed_for_all = False
        self._computing = asyncio.Semaphore(COMPUTED_AT_ONCE)
        self._joining = asyncio.Semaphore(COMPUTED_AT_ONCE)  # a crowd that joins delays no push

    def __len__(self) -> int:
        """How many users are connected to this worker."""
        return len(self._watches)

    @property
    def hears(self) -> bool:
        """Whether what is published arrives here, as far as heartbeats tell."""
        return not self._canary.deaf

    def statistics(self) -> Mapping[str, float]:
        """Who is connected, and how well this worker hears."""
        return {"push_users": len(self), **self._canary.statistics()}

    @asynccontextmanager
    async def running(self, deliver: Deliver) -> AsyncIterator[None]:
        """While entered, `deliver(user, push)` is called with every fresh list of a connected user."""
        self._deliver = deliver
        healing = (self._comparison.always, self._canary.beat_always)
        loops = (self._listen, self._refresh_always, *healing)
        tasks = [asyncio.create_task(lasting(loop)) for loop in loops]
        try:
            yield
        finally:
            tasks += [w.serving for w in self._watches.values() if w.serving is not None]
            await end(tasks)

    async def join(self, user_id: str, socket_id: str, *, explain: bool = False) -> Push:
        """Counts a socket in and returns its first list. With `explain` all of the user's lists have contributions, as
        long as it is here.

        Subscribed and confirmed before the list is computed: in this order no change is missed. Raises Unavailable.
        """
        watch = self._watches.get(user_id)
        if watch is None:
            subscribed = asyncio.create_task(self._feed.subscribe(user_id))
            watch = self._watches[user_id] = Watch(user_id, subscribed)
        watch.sockets.add(socket_id)
        if explain:
            watch.explained.add(socket_id)
        before = watch.sent
        try:
            with store_answers():
                await asyncio.shield(watch.subscribed)
            async with self._joining:
                made = await self._compute(watch)
        except BaseException:
            await self.leave(user_id, socket_id)
            raise
        return self._first_push(watch, made, before)

    def _first_push(
        self, watch: Watch, made: Recommendations, before: Recommendations | None
    ) -> Push:
        """What a socket that joined is given; `before`: what had been sent before that list was made."""
        if watch.sent is None:
            push = watch.push(made, None)
            self._recommender.note_shown(made)
            watch.note(made)
            return push
        if made.revision != watch.revision:  # this socket has missed something, or the others have
            self._doubt(watch)
        if watch.sent is not before and made.computed_at_ms <= watch.computed_ms:
            return Push(watch.sent, None, None)  # it was made later, and sent meanwhile
        return watch.push(made, None)

    async def leave(self, user_id: str, socket_id: str) -> None:
        """Counts a socket out; with the last one the worker stops listening for the user."""
        watch = self._watches.get(user_id)
        if watch is None:
            return
        watch.sockets.discard(socket_id)
        watch.explained.discard(socket_id)
        if not watch.sockets:
            del self._watches[user_id]
            await self._feed.unsubscribe(user_id)

    async def _listen(self) -> None:
        async for message in self._feed.messages():
            self._hear(message)

    def _hear(self, message: Message) -> None:
        match message:
            case UserChanged():
                self._user_changed(message)
            case Heartbeat():
                self._canary.hear(message)
            case MayHaveMissed(user=None):
                self._recommender.forget()
                self._refresh_soon.set()
            case MayHaveMissed(user=user):
                watch = self._watches.get(user or "")
                if watch is not None and watch.sent is not None:  # else join is about to compute
                    self._comparison.hurry()
            case Changed(what="catalogue", ids=ids):
                self._recommender.catalogue_changed(ids)
                self._mark_showing(frozenset(ids))
            case Changed(what="merged" | "erased" as what, ids=ids):
                self._recommender.users_changed(what, ids)
                self._mark_users(ids)
            case Changed(what="weights"):
                self._recommender.weights_changed()
            case Changed(what="models"):
                self._recommender.models_changed()
                self._refresh_all()
            case Changed(what="rules"):
                self._recommender.rules_changed()
                self._refresh_all()
            case Changed():
                self._recommender.forget()
                self._refresh_all()

    def _user_changed(self, message: UserChanged) -> None:
        watch = self._watches.get(message.user)
        if watch is None or message.revision <= watch.told:
            return
        self._recommender.told(message)
        watch.changed = message
        self._mark_dirty(watch)

    def _doubt(self, watch: Watch) -> None:
        """Something else than an act that was told may have changed the list: its user is read."""
        watch.doubted = True
        self._mark_dirty(watch)

    def _mark_dirty(self, watch: Watch) -> None:
        watch.dirty = True
        if watch.serving is None:
            watch.serving = asyncio.create_task(self._serve(watch))

    def _refresh_all(self) -> None:
        self._changed_for_all = True
        self._refresh_soon.set()

    def _mark_users(self, users: Iterable[str]) -> None:
        """Whoever is connected under one of these ids is sent a new list."""
        for user in users:
            watch = self._watches.get(user)
            if watch is not None and watch.sent is not None:  # else join is about to compute
                self._doubt(watch)

    def _mark_showing(self, items: frozenset[str]) -> None:
        """Whoever is shown a changed item is sent a new list: it may have been hidden or sold out."""
        for watch in self._watches.values():
            shown = watch.sent.items if watch.sent is not None else ()
            if any(item.item_id in items for item in shown):
                self._doubt(watch)

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
        changed, reached = watch.taken()
        try:
            async with self._computing:
                if changed is not None:
                    before = watch.sent.recent if watch.sent is not None else ()
                    self._recommender.expect(dict.fromkeys((changed.item, *before)))
                made = await self._compute(watch, reached)
        except ServiceError as error:
            log.warning("a push waits for the store: %s", error.code)
            watch.put_back(changed)
            return RETRY_PAUSE_S
        await self._send(watch, made, changed)
        return self._settings.push_min_interval_ms / 1000

    async def _compute(self, watch: Watch, reached: int = 0) -> Recommendations:
        explain = bool(watch.explained)
        query = Query(watch.user, limit=self._settings.push_items, explain=explain)
        return await self._recommender.recommend(query, fresh=True, reached=reached)

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
            hurried = await set_within(self._refresh_soon, self._settings.refresh_interval_s)
            for_all, self._changed_for_all = self._changed_for_all, False
            waiting = [w for w in self._watches.values() if w.sent is not None]
            for watch in sorted(waiting, key=lambda w: w.computed_ms):
                began_s = perf_counter()
                await self._refresh(watch, even_if_same=for_all)
                share = HURRIED_SHARE if hurried or self._refresh_soon.is_set() else REFRESH_SHARE
                await rest_since(began_s, share)

    async def _refresh(self, watch: Watch, *, even_if_same: bool) -> None:
        if not _at_rest(watch):
            return
        try:
            made = await self._compute(watch)
        except ServiceError as error:
            log.warning("a refresh waits for the store: %s", error.code)
            return
        if not _at_rest(watch):  # its user has acted meanwhile, and is sent a newer one
            return
        if even_if_same or not watch.shows(made):
            await self._send(watch, made)
        else:
            watch.computed_ms = made.computed_at_ms


def _at_rest(watch: Watch) -> bool:
    """Whether somebody looks, and is not being served anyhow."""
    return watch.sent is not None and bool(watch.sockets) and watch.serving is None
