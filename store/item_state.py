"""What the shared counts say of items: neighbours, supports, sessions, popularity."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from redis.asyncio import Redis

from store.catalogue import SIMILAR_KEPT
from store.connection import Calls
from store.keys import Keys
from store.script import Run, Script, Scripts, run_together

WINDOW_DIGITS = (
    4  # of the weight of the generation before: what rests on it changes now and then, not always
)


@dataclass(frozen=True, slots=True)
class Named:
    """Numbers by name, as the store gives them: texts "name number name number ...", and what the numbers of each text
    weigh. A text is a hash or a sorted set, so it holds a name once. Equal ones hold the same, so that who has read one
    before need not read it again.
    """

    texts: tuple[tuple[str, float], ...] = ()


NOTHING = Named()


@dataclass(frozen=True, slots=True)
class ItemNeighbours:
    """What is stored of the items near one item.

    Pair counts over all partitions, the older generation by its window weight: `view` holds `>other`, `<other`,
    `>*` and `*`; `purchase` other and `*`; `conversion` other. And ready lists, other -> weight: `similar` (cosine),
    `walk` and `collaborative` of the models' current versions.
    """

    view: Named = NOTHING
    purchase: Named = NOTHING
    conversion: Named = NOTHING
    similar: Named = NOTHING
    walk: Named = NOTHING
    collaborative: Named = NOTHING


@dataclass(frozen=True, slots=True)
class Support:
    """In how many sessions and baskets something was held (for the totals: how many there are)."""

    sessions: float
    baskets: float


class ItemStore:
    """Reads the item model. Lives as long as its client; every read merges all partitions."""

    def __init__(
        self, redis: Redis, keys: Keys, scripts: Scripts, calls: Calls, generation_ms: int
    ) -> None:
        self._redis = redis
        self._keys = keys
        self._scripts = scripts
        self._calls = calls
        self._generation_ms = generation_ms

    def _window(self, now_ms: int) -> tuple[int, float]:
        """The current generation, and the weight of the one before: what a sliding window still covers."""
        weight = 1 - now_ms % self._generation_ms / self._generation_ms
        return now_ms // self._generation_ms, round(weight, WINDOW_DIGITS)

    def _everywhere(self, script: Script, *arguments: str | int) -> list[Run]:
        """A run of the script in each partition."""
        tags = [self._keys.tag(partition) for partition in range(self._keys.partitions)]
        return [Run(script, tag, arguments) for tag in tags]

    async def _rows(self, runs: Sequence[Run]) -> list[Sequence[Any]]:
        """What each run returns. One round trip."""
        return await self._calls.run(partial(run_together, self._redis, runs))

    async def neighbours(self, items: Sequence[str], now_ms: int) -> list[ItemNeighbours]:
        """What is stored of the items near each item. One round trip."""
        generation, weight = self._window(now_ms)
        ready = Run(self._scripts.lists, self._keys.prefix, (SIMILAR_KEPT, *items))
        counts = self._everywhere(self._scripts.neighbours, generation, *items)
        lists, *partitions = await self._rows([ready, *counts])
        return [
            ItemNeighbours(*_counted(rows, weight), *_ready(row))
            for row, *rows in zip(lists, *partitions, strict=True)
        ]

    async def supports(self, items: Sequence[str], now_ms: int) -> tuple[Support, list[Support]]:
        """The totals, and each item's support. One round trip."""
        generation, weight = self._window(now_ms)
        sums = [[0.0, 0.0] for _ in range(len(items) + 1)]
        for rows in await self._rows(self._everywhere(self._scripts.supports, generation, *items)):
            for total, row in zip(sums, rows, strict=True):
                sessions, baskets, sessions_before, baskets_before = map(int, row.split(" "))
                total[0] += sessions + weight * sessions_before
                total[1] += baskets + weight * baskets_before
        supports = [Support(sessions, baskets) for sessions, baskets in sums]
        return supports[0], supports[1:]

    async def postings(self, items: Sequence[str], limit: int, now_ms: int) -> list[list[str]]:
        """Which sessions hold each item, newest first, at most `limit` a partition. One round trip."""
        generation, _ = self._window(now_ms)
        names: list[list[str]] = [[] for _ in items]
        for rows in await self._rows(
            self._everywhere(self._scripts.postings, generation, limit, *items)
        ):
            for name, row in zip(names, rows, strict=True):
                if row:
                    name += row.split(" ")
        return names

    async def sessions(self, entries: Sequence[str]) -> list[tuple[int, list[str]] | None]:
        """For each entry of a posting: its last event's time and its items in order; None when it has expired.

        One round trip.
        """
        keys = [self._keys.session_of_entry(entry) for entry in entries]
        texts: list[str | None] = await self._calls.ask(lambda: self._redis.mget(keys))
        return [_session(text) if text else None for text in texts]

    async def popular(
        self, kind: str, hours: Iterable[int], limit: int
    ) -> list[list[tuple[str, float]]]:
        """The most touched items of each hour with their counts, all partitions in one list. One round trip."""
        wanted = list(hours)
        partitions = self._keys.partitions

        async def read() -> list[list[tuple[str, float]]]:
            async with self._redis.pipeline(transaction=False) as pipe:
                for hour in wanted:
                    for partition in range(partitions):
                        key = self._keys.popular(partition, kind, hour)
                        pipe.zrevrange(key, 0, limit - 1, withscores=True)
                return await pipe.execute()

        lists = await self._calls.run(read)
        return [
            [row for rows in lists[i : i + partitions] for row in rows]
            for i in range(0, len(lists), partitions)
        ]


def _ready(row: Sequence[str | None]) -> list[Named]:
    """The three ready lists of one item; Lua cuts nils at the end off."""
    return [Named(((text, 1.0),)) if text else NOTHING for text in (*row, None, None, None)[:3]]


def _counted(rows: Sequence[Sequence[str | None]], weight: float) -> list[Named]:
    """The three kinds of pairs of one item, from six strings of each partition: three of this generation, three of the
    one before.
    """
    kinds = []
    for kind in range(3):
        now = [(text, 1.0) for row in rows if (text := row[kind])]
        before = [(text, weight) for row in rows if weight > 0 and (text := row[kind + 3])]
        kinds.append(Named((*now, *before)) if now or before else NOTHING)
    return kinds


def _session(text: str) -> tuple[int, list[str]]:
    last, _, *touches = text.split(" ")
    return int(last), [touch[: touch.index("|")] for touch in touches]
