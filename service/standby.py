"""Lists for the time without Redis: each user's last one, else what was popular."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from service.bounded import keep_newest
from service.ending import meanwhile
from service.errors import ServiceError
from service.item_cache import item_of, passes
from service.lasting import set_within
from service.model import (
    NO_FILTERS,
    UNTOLD,
    Filters,
    Query,
    Recommendations,
    RecommendedItem,
    unexplained,
)
from service.recommendation_id import RecommendationIds, Shown

LISTS_KEPT = 2_000  # about 12 KB each, most of which the caches hold too
POPULAR_ITEMS = 200
POPULAR_AGE_S = 30.0
RETRY_S = 1.0
KINDS = ("view", "purchase")
Popular = tuple[RecommendedItem, ...]

log = logging.getLogger(__name__)


class Standby:
    """Remembers what was shown, and answers from memory alone. Lives as long as the worker."""

    def __init__(self, ids: RecommendationIds, clock: Callable[[], int]) -> None:
        self._ids = ids
        self._clock = clock
        self._lists: OrderedDict[str, Recommendations] = OrderedDict()
        self._popular: Mapping[str, Popular] = {}
        self._forgotten = asyncio.Event()

    def keep(self, query: Query, made: Recommendations) -> None:
        """Keeps a user's list, if it was asked for without conditions: it is to serve other questions too."""
        if query.user_id is None or query.context_item or not query.filters.let_all_pass:
            return
        keep_newest(self._lists, query.user_id, made, LISTS_KEPT)

    def list_for(self, query: Query) -> Recommendations:
        """The user's last list, as far as it passes the filters, filled up with what was popular."""
        last = self._lists.get(query.user_id) if query.user_id is not None else None
        last = last or self._nothing(query)
        popular = self._popular.get("view", ())
        items = _first((*last.items, *popular), query.filters, query.limit)
        if not query.explain:
            items = unexplained(items)
        if not query.reasons:
            items = tuple(replace(item, reason=UNTOLD) for item in items)
        basis = last.basis if last.items else "trending" if items else "none"
        return replace(last, items=items, basis=basis, cached=True, stale=True)

    def popular(self, limit: int, category: str | None, kind: str) -> Popular:
        """What was popular when it was last read."""
        filters = Filters(categories=frozenset([category])) if category else NO_FILTERS
        return _first(self._popular.get(kind, ()), filters, limit)

    def changed(self, items: Sequence[str]) -> None:
        """Items of the catalogue changed: as they are kept here they must not be shown."""
        gone = frozenset(items)
        for user_id, made in self._lists.items():
            if not gone.isdisjoint(item.item_id for item in made.items):
                kept = tuple(item for item in made.items if item.item_id not in gone)
                self._lists[user_id] = replace(made, items=kept)
        self._popular = {
            kind: tuple(item for item in items if item.item_id not in gone)
            for kind, items in self._popular.items()
        }

    def sizes(self) -> Mapping[str, float]:
        """How much is remembered."""
        popular = sum(map(len, self._popular.values()))
        return {"standby_lists": len(self._lists), "standby_popular_items": popular}

    def forget_users(self, user_ids: Iterable[str]) -> None:
        for user_id in user_ids:
            self._lists.pop(user_id, None)

    def forget(self) -> None:
        """Items may have changed unheard: users' lists go, what is popular is read anew."""
        self._lists.clear()
        self._forgotten.set()

    def kept_current(
        self, read: Callable[[str, int], Awaitable[Popular]]
    ) -> AbstractAsyncContextManager[None]:
        """While entered, what is popular (by kind, so many) is read every half minute."""
        return meanwhile(lambda: self._read_always(read))

    async def _read_always(self, read: Callable[[str, int], Awaitable[Popular]]) -> None:
        while True:
            found = await self._read(read)
            await set_within(self._forgotten, POPULAR_AGE_S if found else RETRY_S)

    async def _read(self, read: Callable[[str, int], Awaitable[Popular]]) -> bool:
        """Whether anything is popular; what cannot be read stays as it is."""
        try:
            self._popular = {kind: await read(kind, POPULAR_ITEMS) for kind in KINDS}
        except ServiceError as error:
            log.info("what was popular stays as it is: %s", error.code)
            return False
        return any(self._popular.values())

    def _nothing(self, query: Query) -> Recommendations:
        now_ms = self._clock()
        shown = Shown(query.user_id or "", query.strategy, "", now_ms)
        return Recommendations(
            user_id=query.user_id,
            revision=0,
            computed_at_ms=now_ms,
            recommendation_id=self._ids.make(shown),
            strategy=query.strategy,
            basis="none",
            items=(),
        )


def _first(items: Iterable[RecommendedItem], filters: Filters, limit: int) -> Popular:
    """The first that pass the filters by their own attributes, each once."""
    chosen: dict[str, RecommendedItem] = {}
    for item in items:
        known = item_of(item.item_id, item.attributes) if item.attributes else None
        if passes(item.item_id, known, filters):
            chosen.setdefault(item.item_id, item)
        if len(chosen) == limit:
            break
    return tuple(chosen.values())
