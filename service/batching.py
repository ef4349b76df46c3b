"""One call in flight, newcomers together in the next: the shape of group commit and of shared reads."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

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
    ) -> None:
        """`handler` answers each request of a batch, whose summed `cost` is within `limit`, or it is a single one."""
        self._handler = handler
        self._cost = cost
        self._limit = limit
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._running: asyncio.Task[None] | None = None

    def submit(self, request: T) -> asyncio.Future[R]:
        """A future of the answer. It fails with the handler's exception for this request, or for its batch."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return future

    def __len__(self) -> int:
        """How many requests wait for a call."""
        return len(self._waiting)

    async def _run(self) -> None:
        while self._waiting:
            batch = self._take()
            try:
                answers = await self._handler([request for request, _ in batch])
            except Exception as error:  # each caller gets it, none is lost
                answers = [error] * len(batch)
            for (_, future), answer in zip(batch, answers, strict=True):
                settle(future, answer)
        self._running = None

    def _take(self) -> list[tuple[T, asyncio.Future[R]]]:
        cost, size = 0, 0
        for request, _ in self._waiting:
            cost += self._cost(request)
            if size and cost > self._limit:
                break
            size += 1
        batch, self._waiting = self._waiting[:size], self._waiting[size:]
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
