"""Items that only a client names: they get no number, which would be kept for the worker's life."""

from collections.abc import Iterable
from dataclasses import replace

from service.model import Query
from service.near_cache import NearCache


class Strangers:
    """Knows which items no list of the store speaks of. Lives as long as the worker."""

    def __init__(self, near_cache: NearCache) -> None:
        self._near_cache = near_cache

    async def among(self, items: Iterable[str]) -> frozenset[str]:
        """Those without any neighbour. What is read of the others, newest first, a list needs anyway."""
        named = list(dict.fromkeys(items))
        found = await self._near_cache.get(named)
        return frozenset(item for item, near in zip(named, found, strict=True) if not near.lists)

    async def left_out(self, query: Query) -> Query:
        """The query by what it says of known items. Strangers say nothing of others, and are not shown."""
        if not query.items and query.context_item is None:
            return query
        context = [query.context_item] if query.context_item is not None else []
        strangers = await self.among(reversed([*query.items, *context]))
        if not strangers:
            return query
        return replace(
            query,
            items=tuple(item for item in query.items if item not in strangers),
            context_item=None if query.context_item in strangers else query.context_item,
            filters=replace(query.filters, exclude=query.filters.exclude | strangers),
        )
