"""Builds the models that are computed in batch, under a version, and makes it the current one."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import islice, pairwise
from time import perf_counter

import numpy as np

from scoring.types import Rows
from service.numbering import ItemNumbers
from service.pacing import rest_since
from store.keys import VIEW_STEP_WEIGHT
from store.models import COLLABORATIVE, WALK, ModelStore

MODELS = (COLLABORATIVE, WALK)
LISTS_PER_CALL = 25
DIGITS = 3

Solve = Callable[[], Rows]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be built: the version, the time (epoch ms), which models, and in how many sessions a pair must be."""

    version: int
    now_ms: int
    models: Sequence[str] = MODELS
    support: int = 1


@dataclass(frozen=True, slots=True)
class Step:
    """Progress: of a phase so many units are done, and so many more turned out to be to do."""

    phase: str
    done: int = 1
    more: int = 0


class Superseded(Exception):
    """Somebody else has taken the lease: what is built here will be nobody's."""


def can_build() -> bool:
    """Whether the libraries of the extra `ml` are there."""
    return find_spec("scipy") is not None


def build_here(store: ModelStore, order: Order) -> AsyncGenerator[Step, None]:
    """As ModelBuilder.build, in this process."""
    return ModelBuilder(store, order).build()


class ModelBuilder:
    """Builds the models of one version. Lives for one rebuild."""

    def __init__(self, store: ModelStore, order: Order, writing_share: float = 1.0) -> None:
        """`writing_share`: of the time; while Redis writes and syncs lists, everybody else waits."""
        self._store = store
        self._writing_share = writing_share
        self._order = order
        self._numbers = ItemNumbers()

    async def build(self) -> AsyncGenerator[Step, None]:
        """Builds one model after another; its new version is current when the steps of the next begin.

        Needs `can_build`. Superseded.
        """
        sources = {COLLABORATIVE: self._baskets, WALK: self._followers}
        for model in self._order.models:
            yield Step(model, 0)
            await self._store.sweep(model, self._order.version)  # what killed rebuilds left
            solve = await sources[model]()
            rows = await asyncio.to_thread(solve)
            lists = self._lists(rows)
            yield Step(model, 0, more=int(np.count_nonzero(np.diff(rows[0]))))
            while page := dict(islice(lists, LISTS_PER_CALL)):
                began_s = perf_counter()
                _go_on(await self._store.write(model, self._order.version, page))
                yield Step(model, len(page))
                await rest_since(began_s, self._writing_share)
            _go_on(await self._store.switch(model, self._order.version))
            await self._store.sweep(model, self._order.version)

    async def _baskets(self) -> Solve:
        from scoring.ease import ease  # SciPy is an extra

        rows: list[int] = []
        held: list[int] = []
        weights: list[float] = []
        count = 0
        async for page in self._store.baskets(self._order.now_ms):
            for weight, basket in page:
                rows += [count] * len(basket)
                held += map(self._numbers.number, basket)
                weights += [weight] * len(basket)
                count += 1
        filled = np.array(rows, np.int32), np.array(held, np.int32), np.array(weights)
        return lambda: ease(filled, len(self._numbers), self._order.support)

    async def _followers(self) -> Solve:
        from scoring.walk import two_steps  # SciPy is an extra

        first: list[int] = []
        then: list[int] = []
        weights: list[float] = []
        number = self._numbers.number
        async for page in self._store.followers(self._order.now_ms):
            for item, followers in page:
                first += [number(item)] * len(followers)
                then += map(number, followers)
                weights += followers.values()
        ahead = np.array(first, np.int32), np.array(then, np.int32), np.array(weights)
        least = VIEW_STEP_WEIGHT * (self._order.support - 1)
        return lambda: two_steps(ahead, len(self._numbers), least)

    def _lists(self, rows: Rows) -> Iterator[tuple[str, str]]:
        """Item and list as text, of items that have one."""
        starts, columns, weights = (part.tolist() for part in rows)
        for item, (start, end) in enumerate(pairwise(starts)):
            if end > start:
                yield self._numbers.item(item), self._text(columns[start:end], weights[start:end])

    def _text(self, columns: Sequence[int], weights: Iterable[float]) -> str:
        others = map(self._numbers.item, columns)
        return " ".join(
            f"{other} {short(weight)}" for other, weight in zip(others, weights, strict=True)
        )


def short(weight: float) -> str:
    """As few characters as hold what matters: .0123."""
    return f"{weight:.{DIGITS}g}".removeprefix("0")


def _go_on(ours: bool) -> None:
    if not ours:
        raise Superseded("another worker took the lease")
