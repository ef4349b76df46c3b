"""Models that are computed in batch: what they are computed from, and their lists under a version."""

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial

from redis.asyncio import Redis

from store.connection import Calls
from store.keys import Keys
from store.script import Scripts

WALK, COLLABORATIVE = "walk", "collaborative"
PAGE = 1_000
_AHEAD = ">"


class ModelStore:
    """Reads counts and baskets, writes and switches versions. Lives as long as its client.

    A version's lists are strings "other weight other weight ...", best first, and expire with the counts behind them.
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
        """Each item with what was viewed after it and how often, in pages; an item comes once a partition and
        generation, the older generation by its window weight."""
        now = now_ms // self._generation_ms
        weights = {now: 1.0, now - 1: 1 - now_ms % self._generation_ms / self._generation_ms}
        for partition in range(self._keys.partitions):
            for generation, weight in weights.items():
                start = self._keys.pairs(partition, "view", generation, "")
                async for keys in self._pages(start):
                    rows = await self._hashes(keys)
                    yield [
                        (key.removeprefix(start), _ahead(row, weight))
                        for key, row in zip(keys, rows, strict=True)
                    ]

    async def baskets(self) -> AsyncIterator[list[list[str]]]:
        """The items of every basket that is kept, in pages."""
        for partition in range(self._keys.partitions):
            async for keys in self._pages(f"{self._keys.tag(partition)}basket:"):
                read = partial(self._redis.mget, keys)
                texts: list[str | None] = await self._calls.ask(read)
                yield [_items(text) for text in texts if text]

    async def write(self, model: str, version: int, lists: Mapping[str, str]) -> None:
        """Writes lists of a version. One round trip."""

        async def write() -> None:
            async with self._redis.pipeline(transaction=False) as pipe:
                for item, text in lists.items():
                    key = self._keys.model(model, version, item)
                    pipe.set(key, text, px=2 * self._generation_ms)
                await pipe.execute()

        await self._calls.run(write)

    async def switch(self, model: str, version: int) -> bool:
        """Makes the version current and drops the one before; false when a later one is current."""
        run = partial(self._scripts.switch.run, self._keys.models, (model, version))
        before = await self._calls.run(run)
        if before is None:
            return False
        if before not in ("", str(version)):
            await self.drop(model, int(before))
        return True

    async def drop(self, model: str, version: int) -> None:
        """Removes all lists of a version, in pages."""
        async for keys in self._pages(self._keys.model(model, version, "")):
            await self._calls.run(partial(self._redis.unlink, *keys))

    async def versions(self) -> Mapping[str, int]:
        """The current version of each model. One round trip."""
        key = self._keys.models
        held: dict[str, str] = await self._calls.ask(lambda: self._redis.hgetall(key))
        return {model: int(version) for model, version in held.items()}

    async def _pages(self, start: str) -> AsyncIterator[list[str]]:
        """All keys that begin so; one that comes twice in a scan comes once."""
        cursor, pattern, seen = 0, _literal(start) + "*", set[str]()
        while True:
            page: tuple[int, list[str]] = await self._calls.ask(
                partial(self._redis.scan, cursor, match=pattern, count=PAGE)
            )
            cursor, keys = page
            fresh = [key for key in dict.fromkeys(keys) if key not in seen]
            seen.update(fresh)
            if fresh:
                yield fresh
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


def _ahead(row: Mapping[str, str], weight: float) -> dict[str, float]:
    return {
        field[1:]: weight * float(count)
        for field, count in row.items()
        if field[0] == _AHEAD and field != ">*"
    }


def _items(text: str) -> list[str]:
    """The items of a basket string "LAST START item|purchase|offset ...", without what was given back."""
    entries = (entry.split("|") for entry in text.split(" ")[2:])
    return [item for item, kind, _ in entries if kind == "purchase"]


def _literal(text: str) -> str:
    """As a pattern that matches only itself."""
    return "".join(f"\\{sign}" if sign in "*?[]\\^-" else sign for sign in text)
