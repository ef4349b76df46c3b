"""Counts requests for all workers together; while Redis is away, each worker for itself at the same rate."""

import asyncio
from collections.abc import Callable
from hashlib import blake2b

from store.errors import StoreUnavailable
from store.rates import RateStore

PATIENCE_S = 0.2
AWAY_MS = 1_000


class RequestRates:
    """Lives as long as the store. A Redis that is away costs a request 0.2 s, once a second."""

    def __init__(self, shared: RateStore, clock: Callable[[], int]) -> None:
        self._shared = shared
        self._own = RateStore.own()
        self._clock = clock
        self._away_until_ms = 0

    async def hit(self, kind: str, who: str, per_minute: int) -> int | None:
        """Counts a request; the seconds to wait where it is one too many. Never raises."""
        # No id of a person shall stand in a key that erasing them would have to find.
        name = blake2b(who.encode(), digest_size=16).hexdigest()
        if self._clock() >= self._away_until_ms:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    return await self._shared.hit(kind, name, per_minute)
            except (StoreUnavailable, TimeoutError):
                self._away_until_ms = self._clock() + AWAY_MS
        return await self._own.hit(kind, name, per_minute)
