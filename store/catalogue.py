"""The catalogue: items with their attributes, and content neighbours."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial

from redis.asyncio import Redis

from store.connection import Calls
from store.keys import Keys
from store.linked_client import ask_together

SIMILAR_KEPT = 50
_CHUNK = 500

Attributes = Mapping[str, object]
_DELETED_FIELD = "deleted"
DELETED: Attributes = {_DELETED_FIELD: True}


class CatalogueStore:
    """Reads and writes items. Each attribute is a field of the item's hash, its value JSON."""

    def __init__(self, redis: Redis, keys: Keys, calls: Calls, event_ttl_ms: int) -> None:
        self._redis = redis
        self._deleted_life_ms = 2 * event_ttl_ms
        self._keys = keys
        self._calls = calls

    async def put(self, items: Mapping[str, Attributes], now_ms: int) -> None:
        """Writes items anew (attributes not given are gone) and announces each. One round trip."""

        async def write() -> None:
            async with self._redis.pipeline(transaction=True) as pipe:
                for item, attributes in items.items():
                    key = self._keys.item(item)
                    pipe.delete(key)
                    pipe.hset(key, mapping={k: json.dumps(v) for k, v in attributes.items()})
                    pipe.zadd(self._keys.items, {item: now_ms})
                pipe.publish(self._keys.changes, "catalogue " + " ".join(items))
                await pipe.execute()

        await self._calls.run(write)

    async def patch(self, item: str, attributes: Attributes, now_ms: int) -> None:
        """Writes some attributes of an item, leaves the others as they are and announces it. One round trip."""

        async def write() -> None:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.hset(
                    self._keys.item(item), mapping={k: json.dumps(v) for k, v in attributes.items()}
                )
                pipe.zadd(self._keys.items, {item: now_ms}, xx=True)  # deleted meanwhile: stays so
                pipe.publish(self._keys.changes, f"catalogue {item}")
                await pipe.execute()

        await self._calls.run(write)

    async def get(self, items: Sequence[str]) -> list[Attributes | None]:
        """Each item's attributes, None for an unknown one, DELETED for a deleted one. One round trip."""

        commands = [("HGETALL", self._keys.item(item)) for item in items]
        rows = await self._calls.run(lambda: ask_together(self._redis, commands))
        return [_attributes(row) for row in rows]

    async def missing(self, items: list[str]) -> set[str]:
        """Those that are not in the catalogue. One round trip, none for no items."""
        if not items:
            return set()
        changed_ms = await self._calls.ask(lambda: self._redis.zmscore(self._keys.items, items))
        return {item for item, at_ms in zip(items, changed_ms, strict=True) if at_ms is None}

    async def delete(self, item: str) -> bool:
        """Removes an item and its content neighbours; false when there is none. Two round trips.

        What is left says only that it was deleted, for as long as counts may still name it.
        """
        key = self._keys.item(item)
        if await self._calls.run(lambda: self._redis.zscore(self._keys.items, item)) is None:
            return False

        async def write() -> int:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.zrem(self._keys.items, item)
                pipe.unlink(key, self._keys.similar(item))
                pipe.hset(key, _DELETED_FIELD, "true")
                pipe.pexpire(key, self._deleted_life_ms)
                pipe.publish(self._keys.changes, f"catalogue {item}")
                return int((await pipe.execute())[0])

        return await self._calls.run(write) > 0

    async def newest(self, limit: int) -> list[str]:
        """The ids of the items changed last. One round trip."""
        key = self._keys.items
        ids: list[str] = await self._calls.ask(lambda: self._redis.zrevrange(key, 0, limit - 1))
        return ids

    async def size(self) -> int:
        """How many items there are. One round trip."""
        return int(await self._calls.run(lambda: self._redis.zcard(self._keys.items)))

    async def scan(self) -> AsyncIterator[list[tuple[str, Attributes]]]:
        """All items in chunks, in no order; one that changes meanwhile may come twice or with old attributes.

        One that is deleted meanwhile is left out. Two round trips a chunk.
        """
        cursor = 0
        while True:
            read = partial(self._redis.zscan, self._keys.items, cursor, count=_CHUNK)
            cursor, rows = await self._calls.ask(read)
            ids = [item for item, _ in rows]
            held = await self.get(ids) if ids else []
            found = zip(ids, held, strict=True)
            yield [(i, a) for i, a in found if a is not None and a is not DELETED]
            if not cursor:
                return

    async def put_similar(self, item: str, neighbours: Mapping[str, float]) -> None:
        """Replaces an item's content neighbours and enters it into theirs. One round trip."""
        key = self._keys.similar(item)

        async def write() -> None:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.delete(key)
                if neighbours:
                    pipe.zadd(key, dict(neighbours))
                for other, similarity in neighbours.items():
                    theirs = self._keys.similar(other)
                    pipe.zadd(theirs, {item: similarity})
                    pipe.zremrangebyrank(theirs, 0, -SIMILAR_KEPT - 1)
                await pipe.execute()

        await self._calls.run(write)


def _attributes(row: Mapping[str, str]) -> Attributes | None:
    if _DELETED_FIELD in row:
        return DELETED
    return {name: json.loads(value) for name, value in row.items()} if row else None
