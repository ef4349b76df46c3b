"""Models that are computed in batch: what they are computed from, and their lists under a version."""

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from itertools import chain

from redis.asyncio import Redis

from store.connection import Calls
from store.jobs import REBUILD_LEASE
from store.keys import Keys
from store.script import Scripts

WALK, COLLABORATIVE = "walk", "collaborative"
SCANNED, PAGE, DROPPED = 1_000, 100, 500


class ModelStore:
    """Reads counts and baskets, writes and switches versions. Lives as long as its client.

    A version is the fencing token of the lease under which it is built. Its lists are strings "other weight other
    weight ...", best first; they expire with the counts behind them.
    """

    def __init__(
        self, redis: Redis, keys: Keys, scripts: Scripts, calls: Calls, generation_ms: int
    ) -> None:
        self._redis = redis
        self._keys = keys
        self._scripts = scripts
        self._calls = calls
        self._generation_ms = generation_ms

    async def followers(self, now_ms: int) -> AsyncIterator[list[tuple[str, dict[str, float]]]]:
        """Each item with what was viewed after it and how often, in pages, by the weight of its generation.

        An item comes once a partition and generation.
        """
        weights = self._weights(now_ms)
        async for keys in self._pages("{*}:pairs:view:*"):
            named = [(key, *key.rsplit(":", 2)[1:]) for key in keys]
            counted = [row for row in named if weights.get(int(row[1]), 0.0) > 0]
            hashes = await self._hashes([key for key, _, _ in counted])
            yield [
                (item, _ahead(held, weights[int(generation)]))
                for (_, generation, item), held in zip(counted, hashes, strict=True)
            ]

    async def baskets(self, now_ms: int) -> AsyncIterator[list[tuple[float, list[str]]]]:
        """The items of every basket that counts, in pages, with the weight of its generation."""
        weights, current = self._weights(now_ms), now_ms // self._generation_ms

        def weight(last_ms: int) -> float:
            generation = last_ms // self._generation_ms
            # Another worker's clock may be ahead. An old basket that was imported outlives its generation.
            return 1.0 if generation > current else weights.get(generation, 0.0)

        async for keys in self._pages("{*}:basket:*"):
            read = partial(self._redis.mget, keys)
            texts: list[str | None] = await self._calls.ask(read)
            rows = [_basket(text) for text in texts if text]
            weighed = [(weight(last_ms), items) for last_ms, items in rows]
            yield [row for row in weighed if row[0] > 0]

    async def write(self, model: str, version: int, lists: Mapping[str, str]) -> bool:
        """Writes lists of a version; false when the lease has gone to another. One round trip."""
        life_ms = 2 * self._generation_ms
        rows = chain.from_iterable(lists.items())
        arguments: list[str | int] = [REBUILD_LEASE, model, version, life_ms, *rows]
        run = partial(self._scripts.write_lists.run, self._keys.prefix, arguments)
        return bool(await self._calls.run(run))

    async def switch(self, model: str, version: int) -> bool:
        """Makes the version current; false when the lease has gone to another. One round trip."""
        arguments = (REBUILD_LEASE, model, version)
        run = partial(self._scripts.switch.run, self._keys.prefix, arguments)
        return bool(await self._calls.run(run))

    async def sweep(self, model: str, version: int) -> None:
        """Removes all lists of versions before this one but the current: nobody can read them, or ever will."""
        held = await self._held()
        written = [int(name.partition(":")[2]) for name in held if name.startswith(f"{model}:")]
        for of in written:
            if of < version and str(of) != held.get(model):
                await self._drop(model, of)

    async def versions(self) -> Mapping[str, int]:
        """The current version of each model. One round trip."""
        return {model: int(of) for model, of in (await self._held()).items() if ":" not in model}

    async def _held(self) -> Mapping[str, str]:
        key = self._keys.models
        held: Mapping[str, str] = await self._calls.ask(lambda: self._redis.hgetall(key))
        return held

    async def _drop(self, model: str, version: int) -> None:
        """Removes a version's lists, in short pages; broken off anywhere, it can be done again."""
        written = self._keys.written(model, version)

        async def drop_page() -> bool:
            items = await self._redis.lrange(written, 0, DROPPED - 1)
            if items:
                async with self._redis.pipeline(transaction=True) as pipe:
                    pipe.unlink(*(f"{written}:{item!s}" for item in items))
                    pipe.ltrim(written, len(items), -1)
                    await pipe.execute()
            return bool(items)

        while await self._calls.run(drop_page):
            pass
        note = f"{model}:{version}"
        await self._calls.run(lambda: self._redis.hdel(self._keys.models, note))

    def _weights(self, now_ms: int) -> Mapping[int, float]:
        """By generation: the one before counts as far as a sliding window still covers it."""
        now, spent_ms = divmod(now_ms, self._generation_ms)
        return {now: 1.0, now - 1: 1 - spent_ms / self._generation_ms}

    async def _pages(self, pattern: str) -> AsyncIterator[list[str]]:
        """All keys like this, in short pages, so that Redis serves others in between; each comes once."""
        cursor, seen = 0, set[str]()
        match = self._keys.prefix + pattern
        while True:
            page: tuple[int, list[str]] = await self._calls.ask(
                partial(self._redis.scan, cursor, match=match, count=SCANNED)
            )
            cursor, keys = page
            fresh = [key for key in dict.fromkeys(keys) if key not in seen]
            seen.update(fresh)
            for start in range(0, len(fresh), PAGE):
                yield fresh[start : start + PAGE]
            if not cursor:
                return

    async def _hashes(self, keys: Sequence[str]) -> list[dict[str, str]]:
        async def read() -> list[dict[str, str]]:
            async with self._redis.pipeline(transaction=False) as pipe:
                for key in keys:
                    pipe.hgetall(key)
                rows: list[dict[str, str]] = await pipe.execute()
                return rows

        return await self._calls.run(read)


def _ahead(held: Mapping[str, str], weight: float) -> dict[str, float]:
    return {
        name[1:]: weight * float(count)
        for name, count in held.items()
        if name[0] == ">" and name != ">*"
    }


def _basket(text: str) -> tuple[int, list[str]]:
    """When a basket "LAST START item|purchase|offset ..." was filled last, and its items that were not given back."""
    last, _, *entries = text.split(" ")
    parts = (entry.split("|") for entry in entries)
    return int(last), [item for item, kind, _ in parts if kind == "purchase"]
