"""Builds the models that are computed in batch, under a version, and makes it the current one."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from importlib.util import find_spec
from itertools import islice, pairwise

import numpy as np

from scoring.types import FloatArray, IntArray
from service.numbering import ItemNumbers
from store.models import COLLABORATIVE, WALK, ModelStore

LISTS_PER_CALL = 500
DIGITS = 4

Rows = tuple[IntArray, IntArray, FloatArray]
Solve = Callable[[], Rows]


def can_build() -> bool:
    """Whether the libraries of the extra `ml` are there."""
    return find_spec("scipy") is not None


def build_here(store: ModelStore, version: int, now_ms: int) -> AsyncGenerator[str, None]:
    """As ModelBuilder.build, in this process."""
    return ModelBuilder(store, version, now_ms).build()


class ModelBuilder:
    """Builds all models of one version. Lives for one rebuild."""

    def __init__(self, store: ModelStore, version: int, now_ms: int) -> None:
        self._store = store
        self._version = version
        self._now_ms = now_ms
        self._numbers = ItemNumbers()

    async def build(self) -> AsyncGenerator[str, None]:
        """Builds, and yields the name of each model when its new version is current. Needs `can_build`."""
        await self._replace(COLLABORATIVE, await self._baskets())
        yield COLLABORATIVE
        await self._replace(WALK, await self._followers())
        yield WALK

    async def _baskets(self) -> Solve:
        from scoring.ease import ease  # SciPy is an extra

        rows: list[int] = []
        held: list[int] = []
        count = 0
        async for page in self._store.baskets():
            for basket in page:
                rows += [count] * len(basket)
                held += map(self._numbers.number, basket)
                count += 1
        baskets, items = np.array(rows, np.int32), np.array(held, np.int32)
        return lambda: ease(baskets, items, len(self._numbers))

    async def _followers(self) -> Solve:
        from scoring.walk import two_steps  # SciPy is an extra

        first: list[int] = []
        then: list[int] = []
        weights: list[float] = []
        number = self._numbers.number
        async for page in self._store.followers(self._now_ms):
            for item, followers in page:
                first += [number(item)] * len(followers)
                then += map(number, followers)
                weights += followers.values()
        ahead = np.array(first, np.int32), np.array(then, np.int32), np.array(weights)
        return lambda: two_steps(ahead, len(self._numbers))

    async def _replace(self, model: str, solve: Solve) -> None:
        await self._drop_unfinished(model)
        lists = self._texts(await asyncio.to_thread(solve))
        while page := dict(islice(lists, LISTS_PER_CALL)):
            await self._store.write(model, self._version, page)
        if not await self._store.switch(model, self._version):
            await self._store.drop(model, self._version)

    async def _drop_unfinished(self, model: str) -> None:
        """What the job before left when it was killed."""
        before = self._version - 1
        if (await self._store.versions()).get(model) != before:
            await self._store.drop(model, before)

    def _texts(self, rows: Rows) -> Iterator[tuple[str, str]]:
        """Item and list as text, of items that have one."""
        starts, columns, weights = (part.tolist() for part in rows)
        for item, (start, end) in enumerate(pairwise(starts)):
            if end > start:
                yield self._numbers.item(item), self._text(columns[start:end], weights[start:end])

    def _text(self, columns: Sequence[int], weights: Iterable[float]) -> str:
        others = map(self._numbers.item, columns)
        return " ".join(
            f"{other} {weight:.{DIGITS}g}" for other, weight in zip(others, weights, strict=True)
        )
