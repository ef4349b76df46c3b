"""How often somebody has asked in the last minute: a sliding window, in Redis or in this process."""

import time
from math import ceil
from typing import Self

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio import Redis

from store.errors import driver_errors_translated
from store.keys import Keys


class RateStore:
    """Counts requests. Lives as long as the client behind it."""

    def __init__(self, storage: RedisStorage | MemoryStorage) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(storage)

    @classmethod
    def shared(cls, redis: Redis, keys: Keys) -> Self:
        """In Redis: one count for all workers."""
        storage = RedisStorage(
            "async+redis://",
            implementation="redispy",
            key_prefix=keys.rates,
            # The library passes it on, whatever its stubs say of options.
            connection_pool=redis.connection_pool,  # type: ignore[arg-type]
        )
        return cls(storage)

    @classmethod
    def own(cls) -> Self:
        """In this process, for as long as it runs."""
        return cls(MemoryStorage())

    async def hit(self, kind: str, who: str, per_minute: int) -> int | None:
        """Counts one more; where that is too many counts nothing and says how many seconds to wait.

        One round trip, two where it is too many. Raises StoreUnavailable.
        """
        window = RateLimitItemPerMinute(per_minute)
        with driver_errors_translated():
            if await self._limiter.hit(window, kind, who):
                return None
            stats = await self._limiter.get_window_stats(window, kind, who)
        return max(1, ceil(stats.reset_time - time.time()))
