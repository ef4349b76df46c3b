"""Reads that everybody who asks for the same thing at the same time shares."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from service.batching import Batches

K = TypeVar("K")
R = TypeVar("R")


class SharedReads(Batches[K, R]):
    """Reads by key: a key that is being read is not read again meanwhile, and what is missed goes in batches.

    Lives as long as its cache. A caller that is cancelled takes nothing from the others.
    """

    def __init__(self, read: Callable[[list[K]], Awaitable[Sequence[R]]], limit: int) -> None:
        """`read` answers each of at most `limit` keys."""
        super().__init__(read, limit=limit)
        self._expected: dict[K, asyncio.Future[R]] = {}

    async def get(self, keys: Iterable[K]) -> dict[K, R]:
        """What is read of each key. Raises what the read raises."""
        return await self.finished({key: self.begin(key) for key in keys})

    @staticmethod
    async def finished(begun: Mapping[K, asyncio.Future[R]]) -> dict[K, R]:
        """What reads that were begun have found. Raises what the read raises."""
        if begun:
            # Unlike gather, this leaves the reads alone when we are cancelled: others wait for them too.
            await asyncio.wait(begun.values())
        return {key: future.result() for key, future in begun.items()}

    def begin(self, key: K) -> asyncio.Future[R]:
        """The read of this key that is under way, or a new one."""
        future = self._expected.get(key)
        if future is None:
            future = self._expected[key] = self.submit(key)
            future.add_done_callback(lambda done: self._done(key, done))
        return future

    def forget(self) -> None:
        """Who asks from now on waits for no read that began before."""
        self._expected.clear()

    def _done(self, key: K, future: asyncio.Future[R]) -> None:
        if self._expected.get(key) is future:
            del self._expected[key]
