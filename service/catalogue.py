"""Keeping the catalogue: items in and out, and content neighbours for what is new."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace

from scoring.content import ContentIndex, tokens
from service.ending import end
from service.errors import InvalidInput, NotFound
from service.item_cache import ItemCache, attributes_of, item_of
from service.model import Item
from service.numbering import ItemNumbers
from store.catalogue import DELETED, SIMILAR_KEPT, CatalogueStore
from store.errors import StoreUnavailable

log = logging.getLogger(__name__)

CLOSE_TIMEOUT_S = 2.0
SLICE = 8  # items whose neighbours are computed between two turns of the event loop


class Catalogue:
    """Upserts, reads and deletes items. Lives as long as the worker.

    A changed item gets its content neighbours, and enters theirs, in the background within a second. What a
    crash leaves undone the next rebuild does.
    """

    def __init__(
        self,
        store: CatalogueStore,
        cache: ItemCache,
        numbers: ItemNumbers,
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._cache = cache
        self._numbers = numbers
        self._clock = clock
        self._index: ContentIndex | None = None
        self._indexing = asyncio.Lock()  # loads an index, or applies changes to the one there is
        self._changed: deque[tuple[str, bool]] = deque()
        self._updating: asyncio.Task[None] | None = None

    async def put(self, items: Sequence[Item]) -> int:
        """Writes items anew; how many."""
        now_ms = self._clock()
        rows = {i.item_id: attributes_of(replace(i, updated_ms=now_ms)) for i in items}
        await self._store.put(rows, now_ms)
        self._written(list(rows))
        return len(rows)

    async def get(self, item_id: str) -> Item:
        """The item as it is stored now. NotFound when there is none."""
        row = (await self._store.get([item_id]))[0]
        if row is None or row is DELETED:
            raise NotFound("unknown_item", "There is no such item.")
        return item_of(item_id, row)

    async def newest(self, limit: int) -> list[Item]:
        """The items changed last, the newest first."""
        ids = await self._store.newest(limit)
        rows = zip(ids, await self._store.get(ids), strict=True)
        return [item_of(i, row) for i, row in rows if row is not None and row is not DELETED]

    async def patch(self, item_id: str, changes: Mapping[str, object]) -> Item:
        """Changes some attributes of an item. NotFound; InvalidInput for an attribute that items do not have."""
        for name in changes:
            if name not in Item.__slots__ or name in ("item_id", "updated_ms"):
                raise InvalidInput("unknown_field", "Items have no such attribute.", field=name)
        await self.get(item_id)
        now_ms = self._clock()
        await self._store.patch(item_id, {**changes, "updated_ms": now_ms}, now_ms)
        self._written([item_id])
        return await self.get(item_id)

    async def delete(self, item_id: str) -> None:
        """Removes an item. NotFound when there is none."""
        if not await self._store.delete(item_id):
            raise NotFound("unknown_item", "There is no such item.")
        self.changed([item_id])

    def _written(self, items: Sequence[str]) -> None:
        self._cache.forget(items)
        self._update(items)

    def changed(self, items: Sequence[str]) -> None:
        """Some items changed, here or at another worker: what is remembered of them goes."""
        self._cache.forget(items)
        if self._index is not None or self._indexing.locked():
            self._update(items, write=False)

    def forget(self) -> None:
        """Items may have changed unheard: what the content of all is like is read anew when it is next needed."""
        self._index = None

    async def settled(self) -> None:
        """Returns when the neighbours of all items put so far have been written."""
        while self._updating is not None:
            await asyncio.wait([self._updating])

    async def aclose(self) -> None:
        """Waits a little for what is under way, and leaves the rest to the next rebuild."""
        updating = self._updating
        if updating is not None:
            await asyncio.wait([updating], timeout=CLOSE_TIMEOUT_S)
            await end([updating])

    async def size(self) -> int:
        return await self._store.size()

    async def rebuild(self) -> AsyncIterator[str]:
        """Computes every item's content neighbours anew; yields each item's id when they are written."""
        async with self._indexing:
            index = self._index = await self._loaded()
        async for rows in self._store.scan():
            for item_id, _ in rows:
                number = self._numbers.number(item_id)
                await self._store.put_similar(item_id, self.neighbours(index, number))
                yield item_id

    def _update(self, items: Sequence[str], *, write: bool = True) -> None:
        self._changed.extend((item, write) for item in items)
        if self._updating is None:
            self._updating = asyncio.create_task(self._run())

    async def _run(self) -> None:
        try:
            while self._changed:
                async with self._indexing:
                    index = self._index if self._index is not None else await self._loaded()
                    self._index = index
                    await self._update_slice(index, self._next_slice())
        except StoreUnavailable as error:
            log.warning("content neighbours are left to the next rebuild: %s", error.reason)
            self._changed.clear()
            self._index = None  # it lacks what was just cleared
        finally:
            self._updating = None

    def _next_slice(self) -> dict[str, bool]:
        """Some changed items, each with whether its neighbours are ours to write."""
        changed: dict[str, bool] = {}
        for _ in range(min(SLICE, len(self._changed))):
            item, write = self._changed.popleft()
            changed[item] = write or changed.get(item, False)
        return changed

    async def _loaded(self) -> ContentIndex:
        index = ContentIndex()
        async for rows in self._store.scan():
            for item_id, row in rows:
                index.add(self._numbers.number(item_id), content_tokens(item_of(item_id, row)))
        return index

    async def _update_slice(self, index: ContentIndex, changed: Mapping[str, bool]) -> None:
        ids = list(changed)
        for item_id, row in zip(ids, await self._store.get(ids), strict=True):
            number = self._numbers.number(item_id)
            if row is None or row is DELETED:
                index.remove(number)
                continue
            index.add(number, content_tokens(item_of(item_id, row)))
            if changed[item_id]:
                await self._store.put_similar(item_id, self.neighbours(index, number))

    def neighbours(self, index: ContentIndex, number: int) -> dict[str, float]:
        """The most alike items of the index with their cosine."""
        found, cosines = index.neighbours(number, SIMILAR_KEPT)
        pairs = zip(found.tolist(), cosines.tolist(), strict=True)
        return {
            self._numbers.item(other): round(cosine, 4) for other, cosine in pairs if cosine > 0
        }


def content_tokens(item: Item) -> list[str]:
    """What of an item takes part in content similarity."""
    # Not the price: items would be alike by it alone.
    return tokens(item.title or "", item.category, item.brand, item.tags)
