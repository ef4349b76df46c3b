"""The use cases in one place: track events, recommend from current actions, keep catalogue and users."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import replace

from service.availability import answered_in_time, deadline, store_answers
from service.errors import Unavailable
from service.interest import interest_of_items
from service.lessons import Example
from service.model import (
    NO_FILTERS,
    Erasure,
    EventAnswer,
    Filters,
    Item,
    NewEvent,
    Query,
    Recommendations,
    RecommendedItem,
    Shelf,
    UserView,
)
from service.parts import Parts
from service.recommendation_id import Shown
from service.result_cache import ResultCache
from service.senders import Sender
from service.settings import Settings
from service.strangers import Strangers
from service.strategies import DEFAULT, SIMILAR
from service.variety import Variety
from service.wishes import Person, Wish
from store.errors import StoreUnavailable
from store.events import EventType
from store.pushes import UserChanged
from store.users import UserState

LEARN_S = 0.5
log = logging.getLogger(__name__)


class RealtimeRecommender:
    """Tracks events, builds co-occurrence and recommends from current actions. Lives as long as the worker.

    A user's own acts show in the next answer of any worker; the acts of others within the age of the lists
    that they change (`neighbours_max_age`; up to five times that where nothing has happened for a while, and of items
    that the user looked at before the last one).
    """

    def __init__(
        self,
        parts: Parts,
        types: Mapping[str, EventType],
        settings: Settings,
        clock: Callable[[], int],
    ) -> None:
        self.event_types = types
        self._parts = parts
        self._settings = settings
        self._clock = clock
        age_ms = round(settings.neighbours_max_age_s * 1000) if settings.result_cache else -1
        self._results = ResultCache(clock, age_ms)
        self._strangers = Strangers(parts.near_cache)

    async def record(
        self,
        events: Sequence[NewEvent],
        *,
        as_of_event: bool = False,
        sender: Sender | None = None,
        until: float | None = None,
    ) -> list[EventAnswer]:
        """An answer for each event, in order; see EventRecorder.record. `until`: `deadline()` unless it is given."""
        until = deadline() if until is None else until
        example = None if as_of_event else await self._example(events, sender)
        answers = await self._parts.recorder.record(
            events, as_of_event=as_of_event, sender=sender, until=until
        )
        if example is not None:
            await self._learn(example, answers)
        return answers

    async def _example(self, events: Sequence[NewEvent], sender: Sender | None) -> Example | None:
        """What may be learned from the events. They are not held up by it for long, and not lost by its errors."""
        try:
            place = self._parts.learner.choose(events, sender)
            if place is None:
                return None
            async with asyncio.timeout(LEARN_S):
                return await self._parts.learner.before(place, events[place])
        except TimeoutError:
            return None
        except Exception:
            log.exception("nothing is learned from an event")
            return None

    async def _learn(self, example: Example, answers: Sequence[EventAnswer]) -> None:
        try:
            await self._parts.learner.after(example, answers)
        except Exception:  # the events are recorded, and that is what is answered
            log.exception("nothing is learned from an event")

    async def recommend(
        self,
        query: Query,
        *,
        fresh: bool = False,
        reached: int | None = None,
        until: float | None = None,
    ) -> Recommendations:
        """A list for a user or for an ad-hoc list of items. One round trip when the caches are warm.

        While Redis is away it is the user's last list, or what was popular, and says that it is stale. `fresh` passes
        the result cache by and leaves nothing in it, as pushes do; of a push `reached` is the revision that the user is
        known to have by then, or 0. `until`: as in `record`. NotFound (the strategy); with `fresh` Unavailable.
        """
        forgets = self._results.forgets
        try:
            with answered_in_time(until):
                made = await self._recommend(query, fresh, reached, forgets)
        except Unavailable:
            if fresh:
                raise
            return self._parts.standby.list_for(query)
        if forgets == self._results.forgets:  # else it may show what was erased or hidden meanwhile
            self._parts.standby.keep(query, made)
        return made

    async def _recommend(
        self, query: Query, fresh: bool, reached: int | None, forgets: int
    ) -> Recommendations:
        chosen, now_ms = self._parts.strategies.get(query.strategy), self._clock()
        state = await self._state(query.user_id, reached)
        revision = state.revision if state else 0
        cached = None if fresh else self._results.get(query, revision)
        if cached is not None:
            return replace(cached, cached=True)
        said = await self._strangers.left_out(query)
        person = self._parts.people.asked_for(said, state)
        resting = await self._parts.rotation.resting(state, on_screen=fresh)
        diversity = chosen.diversity if query.diversity is None else query.diversity
        variety = Variety(diversity, query.max_per_category, query.max_per_brand)
        wish = Wish(
            chosen,
            query.limit,
            said.filters,
            query.explain,
            variety,
            resting,
            promotes=True,
            reasons=query.reasons,
        )
        items, basis = await self._parts.lists.make(person, wish)
        if resting and not items:  # what was shown already is better than nothing
            items, basis = await self._parts.lists.make(person, replace(wish, resting=frozenset()))
        shown = Shown(query.user_id or "", chosen.name, "", now_ms)
        made = Recommendations(
            user_id=query.user_id,
            revision=revision,
            computed_at_ms=now_ms,
            recommendation_id=self._parts.ids.make(shown),
            strategy=chosen.name,
            basis=basis,
            items=items,
            owner=state.user if state else None,
            recent=tuple([item for item, _ in person.interest.recent]),
        )
        if not fresh:
            self._results.keep(query, made, forgets)
            self.note_shown(made)
        return made

    async def _state(self, user_id: str | None, reached: int | None) -> UserState | None:
        if not user_id:
            return None
        if reached is None:
            return await self._parts.people.load(user_id)
        return await self._parts.people.lately(user_id, reached)

    def told(self, changed: UserChanged) -> None:
        """A user to whom lists are pushed has acted."""
        self._parts.people.kept.carry(changed)

    def expect(self, items: Iterable[str], strategy: str = DEFAULT) -> None:
        """A list that rests on these items (newest first) is about to be asked for: what it needs is read meanwhile."""
        self._parts.lists.expect(items, self._parts.strategies.get(strategy))

    def note_shown(self, made: Recommendations) -> None:
        """Remembers that a user was shown a list, where what was shown is to rest for some days."""
        self._parts.rotation.note(made)

    async def ranked_ids(self, person: Person, wish: Wish) -> list[str]:
        """Only the ids of what `recommend` would rank first, without filling up: for replays."""
        with store_answers():
            return await self._parts.lists.ids(person, wish)

    async def ranked_ids_by_source(self, person: Person, wish: Wish) -> dict[str, list[str]]:
        """The same as "all", and by name what each source alone would rank first."""
        with store_answers():
            return await self._parts.lists.ids_by_source(person, wish)

    async def person(self, user_id: str) -> Person:
        """Whom a list for that user would be for, now."""
        with store_answers():
            return self._parts.people.person(await self._parts.people.load(user_id))

    async def similar(self, item_id: str, limit: int) -> tuple[RecommendedItem, ...]:
        """Items like this one, by what people view and buy together and by content."""
        person = Person(interest_of_items([item_id], 1))
        with store_answers():
            if await self._strangers.among([item_id]):
                return ()
            items, _ = await self._parts.lists.make(person, Wish(SIMILAR, limit))
        return tuple(item for item in items if item.score > 0)

    async def trending(
        self, limit: int, category: str | None = None, kind: str = "view"
    ) -> tuple[RecommendedItem, ...]:
        """What is popular now, overall or in a category; `kind` is view or purchase."""
        filters = Filters(categories=frozenset([category])) if category else NO_FILTERS
        with store_answers():
            return tuple(await self._parts.lists.popular(kind, Wish(SIMILAR, limit, filters)))

    async def similar_shelf(self, item_id: str, limit: int) -> Shelf:
        """As `similar`; while Redis is away, what was popular."""
        return await self._shelf(self.similar(item_id, limit), limit)

    async def trending_shelf(self, limit: int, category: str | None, kind: str) -> Shelf:
        """As `trending`; while Redis is away, what was popular when it was last read."""
        return await self._shelf(self.trending(limit, category, kind), limit, category, kind)

    async def _shelf(
        self,
        reading: Awaitable[tuple[RecommendedItem, ...]],
        limit: int,
        category: str | None = None,
        kind: str = "view",
    ) -> Shelf:
        try:
            with answered_in_time():
                return Shelf(await reading)
        except Unavailable:
            return Shelf(self._parts.standby.popular(limit, category, kind), stale=True)

    def ready_for_outages(self) -> AbstractAsyncContextManager[None]:
        """While entered, what to show without Redis is kept current."""
        return self._parts.standby.kept_current(
            lambda kind, limit: self.trending(limit, None, kind)
        )

    async def put_items(self, items: Sequence[Item]) -> int:
        """Upserts items; how many. A new one is offered within a second."""
        with self._catalogue_changing():
            return await self._parts.catalogue.put(items)

    async def settled(self) -> None:
        """Returns when the content neighbours of all items put so far have been written."""
        await self._parts.catalogue.settled()

    async def item(self, item_id: str) -> Item:
        """The item. NotFound when there is none."""
        with store_answers():
            return await self._parts.catalogue.get(item_id)

    async def newest_items(self, limit: int) -> list[Item]:
        """The items changed last, the newest first."""
        with store_answers():
            return await self._parts.catalogue.newest(limit)

    async def patch_item(self, item_id: str, changes: Mapping[str, object]) -> Item:
        """Changes some attributes, at once for everybody. NotFound; InvalidInput."""
        with self._catalogue_changing():
            return await self._parts.catalogue.patch(item_id, changes)

    async def delete_item(self, item_id: str) -> None:
        """Removes an item from the catalogue. NotFound when there is none."""
        with self._catalogue_changing():
            await self._parts.catalogue.delete(item_id)

    async def has_events(self) -> bool:
        """Whether anybody has acted within the life of an event."""
        with store_answers():
            return await self._parts.users.any_active(self._clock())

    async def user(self, user_id: str) -> UserView:
        """What is known of a user. NotFound when nothing is."""
        with store_answers():
            return await self._parts.people.view(user_id)

    async def set_attributes(self, user_id: str, attributes: Mapping[str, str]) -> None:
        """Replaces the user's attributes."""
        with store_answers():
            await self._parts.users.set_attributes(user_id, attributes)

    async def erase(self, user_id: str) -> Erasure:
        """Takes back all that is known of a user and of ids merged into them, counts too; nothing known is no error."""
        with store_answers():
            for name in await self._parts.events.names(user_id):  # an erasure forgets them too
                await self._parts.dead_letters.forget(name)
            receipt = await self._parts.events.erase(user_id, self._clock())
        self.users_changed("erased", receipt.users)
        user, *merged = receipt.users
        return Erasure(user, receipt.visits, receipt.keys, tuple(merged))

    def users_changed(self, what: str, user_ids: Collection[str]) -> None:
        """Users were `merged` or `erased`: what is remembered of them goes."""
        self._results.forget_users(user_ids)
        self._parts.people.kept.forget(user_ids)
        self._parts.standby.forget_users(user_ids)
        if what == "erased":
            self._parts.events.forget(user_ids)
            # Past hours are kept longest, and a small shop's name the user.
            self._parts.lists.forget_popular()

    def catalogue_changed(self, items: Sequence[str]) -> None:
        """Another worker changed items: what is remembered of them goes."""
        self._parts.catalogue.changed(items)
        self._parts.standby.changed(items)
        self._results.forget()

    @contextmanager
    def _catalogue_changing(self) -> Iterator[None]:
        with store_answers():
            yield
        self._results.forget()

    def weights_changed(self) -> None:
        """Weights were set or reset."""
        self._parts.weights.forget()
        self._results.forget()

    def models_changed(self) -> None:
        """There are new models: what rests on the old ones is made anew."""
        self._parts.lists.forget()
        self._results.forget()

    def rules_changed(self) -> None:
        """The shop's rules were set."""
        self._parts.rules.forget()
        self._results.forget()

    def forget(self) -> None:
        """Drops every cache: something may have changed unheard. Only finished sessions stay: they never change."""
        self._parts.items.forget_all()
        self._parts.people.kept.forget_all()
        self._parts.catalogue.forget()
        self._parts.lists.forget()
        self._parts.standby.forget()
        self._results.forget()

    async def aclose(self) -> None:
        """Ends what runs in the background."""
        await self._parts.learner.flush()
        await self._parts.rotation.aclose()
        await self._parts.catalogue.aclose()

    async def ready(self) -> Mapping[str, bool]:
        """What a readiness probe asks: whether Redis answers."""
        try:
            await self._parts.users.revisions(["readiness"])
        except StoreUnavailable:
            return {"redis": False}
        return {"redis": True}

    def statistics(self) -> Mapping[str, float]:
        """Counters of the caches since the start, and their sizes now."""
        near_cache = self._parts.near_cache
        return {
            "near_cache_hits": near_cache.hits,
            "near_cache_misses": near_cache.misses,
            "near_cache_items": len(near_cache),
            "results_kept": len(self._results),
            "events_written_again": self._parts.events.written_again,
            **self._parts.standby.sizes(),
        }
