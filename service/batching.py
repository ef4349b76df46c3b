"""Newcomers go together in the call after that in flight: the shape of group commit and of shared reads."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

from store.errors import StoreUnavailable
from store.settling import settle

MOST_PASSED = 200  # of those who wait for another call: so many are looked at in vain

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
        key: Callable[[T], Hashable] = id,
    ) -> None:
        """`handler` answers each request of a batch, whose summed `cost` is within `limit`, or it is a single one.

        `at_once`: so many calls may be in flight, further ones only where enough waits to fill them. Requests of the
        same `key` are never in two of them, so that their order is kept.
        """
        self._handler = handler
        self._cost = cost
        self._limit = limit
        self._at_once = at_once
        self._key = key
        self._under_way: set[Hashable] = set()
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._waiting_cost = 0
        self._calls: set[asyncio.Task[None]] = set()  # nobody else holds them
        self._in_flight = 0
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
        if self._beginning or not self._waiting or self._in_flight >= self._at_once:
            return
        if not self._in_flight or self._waiting_cost >= self._limit:
            self._beginning = True
            self._in_flight += 1
            call = asyncio.create_task(self._call())
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    async def _call(self) -> None:
        batch = self._take()
        self._beginning = False
        if not batch:  # all that waits has to wait for another call, which begins the next
            self._in_flight -= 1
            return
        requests = [request for request, _ in batch]
        keys = {*map(self._key, requests)}
        self._under_way |= keys
        self._begin()
        answers = await self._answers(requests)
        self._under_way -= keys
        self._in_flight -= 1
        self._begin()
        for (_, future), answer in zip(batch, answers, strict=True):
            settle(future, answer)

    async def _answers(self, requests: list[T]) -> Sequence[R | Exception]:
        try:
            return await self._handler(requests)
        except Exception as error:  # each caller gets it, none is lost
            return [error] * len(requests)

    def _take(self) -> list[tuple[T, asyncio.Future[R]]]:
        """What the next call may carry of what waits, in its order; what must wait for another call stays."""
        batch: list[tuple[T, asyncio.Future[R]]] = []
        passed: list[tuple[T, asyncio.Future[R]]] = []
        cost = 0
        while self._waiting and len(passed) < MOST_PASSED:
            more = self._cost(self._waiting[0][0])
            if batch and cost + more > self._limit:
                break
            one = self._waiting.popleft()
            if self._under_way and self._key(one[0]) in self._under_way:
                passed.append(one)
            else:
                batch.append(one)
                cost += more
        self._waiting.extendleft(reversed(passed))
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
