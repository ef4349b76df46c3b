"""What was shown to a user lately, so that it can be left out for a while."""

from dataclasses import dataclass

from redis.asyncio import Redis

from store.connection import Calls
from store.keys import Keys
from store.script import Scripts

LISTS_KEPT = 20


@dataclass(frozen=True, slots=True)
class Served:
    """A list that was shown: when (ms), by which strategy and experiment arm ("" outside of one), and its items."""

    at_ms: int
    strategy: str
    arm: str
    items: tuple[str, ...]


class ServedStore:
    """Keeps the newest lists of each user. Lives as long as its client."""

    def __init__(self, redis: Redis, keys: Keys, scripts: Scripts, calls: Calls) -> None:
        self._redis = redis
        self._keys = keys
        self._scripts = scripts
        self._calls = calls

    async def note(self, user: str, revision: int, served: Served, life_ms: int) -> bool:
        """Adds a list that was made for that revision; false when the user is gone since. One round trip.

        Repeated after a lost answer it stands there twice, which changes nothing.
        """
        text = f"{served.at_ms}|{served.strategy}|{served.arm}|{' '.join(served.items)}"
        arguments = (user, revision, text, LISTS_KEPT, life_ms)
        tag = self._keys.tag(self._keys.partition(user))
        return bool(await self._calls.run(lambda: self._scripts.served.run(tag, arguments)))

    async def lists(self, user: str) -> list[Served]:
        """The lists shown to a user, the newest first. One round trip."""
        key = self._keys.served(user)
        held: list[str] = await self._calls.ask(lambda: self._redis.lrange(key, 0, -1))
        return [read_served(text) for text in held]


def read_served(text: str) -> Served:
    """A list from its text."""
    at_ms, strategy, arm, items = text.split("|")
    return Served(int(at_ms), strategy, arm, tuple(items.split()))
