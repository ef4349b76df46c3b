"""The shop's rules for lists: one text for all of them."""

from redis.asyncio import Redis

from store.connection import Calls
from store.keys import Keys


class RuleStore:
    """Keeps the rules as a whole, in the service's own writing. Lives as long as its client."""

    def __init__(self, redis: Redis, keys: Keys, calls: Calls) -> None:
        self._redis = redis
        self._keys = keys
        self._calls = calls

    async def read(self) -> str | None:
        """What was written last; None before the first time. One round trip."""
        text: str | None = await self._calls.ask(lambda: self._redis.get(self._keys.rules))
        return text

    async def write(self, text: str) -> None:
        """Replaces all and tells every worker. One round trip."""

        async def write() -> None:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.set(self._keys.rules, text)
                pipe.publish(self._keys.changes, "rules")
                await pipe.execute()

        await self._calls.run(write)
