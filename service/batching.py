"""Newcomers go together in the call after that in flight: the shape of group commit and of shared reads."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar, cast

from store.errors import StoreUnavailable
from store.settling import settle

T = TypeVar("T")
R = TypeVar("R")


class Batches(Generic[T, R]):
    """Collects single requests into batches for one handler. Lives as long as its owner.

    While a call is in flight newcomers wait and go with the next, so that a busy time makes larger batches
    instead of more calls. A caller that goes away cancels nothing: its request stays in its batch.
    """

    def __init__(
        self,
        handler: Callable[[list[T]], Awaitable[Sequence[R | Exception]]],
        cost: Callable[[T], int] = lambda _: 1,
        limit: int = 512,
        at_once: int = 1,
    ) -> None:
        """`handler` answers each request of a batch, whose summed `cost` is within `limit`, or it is a single one.

        `at_once`: so many calls may be in flight, further ones only where they are full.
        """
        self._handler = handler
        self._cost = cost
        self._limit = limit
        self._at_once = at_once
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._waiting_cost = 0
        self._calls: set[asyncio.Task[None]] = set()
        self._beginning = False

    def submit(self, request: T) -> asyncio.Future[R]:
        """A future of the answer. It fails with the handler's exception for this request, or for its batch."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        self._waiting_cost += self._cost(request)
        self._begin()
        return future

    def __len__(self) -> int:
        """How many requests wait for a call."""
        return len(self._waiting)

    def _begin(self) -> None:
        """Begins a call where one may; it takes what waits when it runs, with all that this turn of the loop brings."""
        if self._beginning or not self._waiting or len(self._calls) >= self._at_once:
            return
        if not self._calls or self._waiting_cost >= self._limit:
            self._beginning = True
            self._calls.add(asyncio.create_task(self._call()))

    async def _call(self) -> None:
        batch = self._take()
        self._beginning = False
        self._begin()
        try:
            answers = await self._handler([request for request, _ in batch])
        except Exception as error:  # each caller gets it, none is lost
            answers = [error] * len(batch)
        self._calls.remove(cast("asyncio.Task[None]", asyncio.current_task()))
        self._begin()
        for (_, future), answer in zip(batch, answers, strict=True):
            settle(future, answer)

    def _take(self) -> list[tuple[T, asyncio.Future[R]]]:
        batch: list[tuple[T, asyncio.Future[R]]] = []
        cost = 0
        while self._waiting:
            more = self._cost(self._waiting[0][0])
            if batch and cost + more > self._limit:
                break
            batch.append(self._waiting.popleft())
            cost += more
        self._waiting_cost -= cost
        return batch


async def together_or_alone(
    call: Callable[[Sequence[T]], Awaitable[Sequence[R]]], requests: Sequence[T]
) -> Sequence[R | Exception]:
    """The answers of one call for all; where it fails, of one for each: a bad request never fails its neighbours.

    What a store that is away fails, and a single request, it raises.
    """
    try:
        return await call(requests)
    except StoreUnavailable:
        raise
    except Exception:
        if len(requests) == 1:
            raise
    return [await _alone(call, request) for request in requests]


async def _alone(
    call: Callable[[Sequence[T]], Awaitable[Sequence[R]]], request: T
) -> R | Exception:
    try:
        return (await call([request]))[0]
    except Exception as error:
        return error
