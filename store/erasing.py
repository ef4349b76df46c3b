"""Erases users: takes what they have counted back, and removes what is kept of them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from store.aliases import final_user, merged_into
from store.errors import driver_errors_translated
from store.keys import Keys
from store.script import Scripts

ERASING_MS = 60_000


@dataclass(frozen=True, slots=True)
class ErasureReceipt:
    """What an erasure removed: visits taken back from the counts, and keys deleted, of all names of the user.

    The first of `users` is the one behind the others, which were merged into it.
    """

    visits: int
    keys: int
    users: tuple[str, ...]


class Eraser:
    """Erases. Lives as long as its client; holds no state of its own."""

    def __init__(self, redis: Redis, keys: Keys, scripts: Scripts, event_ttl_ms: int) -> None:
        self._redis = redis
        self._keys = keys
        self._scripts = scripts
        self._event_ttl_ms = event_ttl_ms

    async def erase(self, user: str, now_ms: int) -> ErasureReceipt:
        """Takes all of a user back, with all that was merged into them. A few reads, one short script a visit, two
        writes for the rest of each name: a round trip each.

        The user's events are refused meanwhile. Interrupted (StoreUnavailable), it is resumed by calling it again.
        """
        with driver_errors_translated():
            return await self._erase(await final_user(self._redis, self._keys, user), now_ms)

    async def _erase(self, user: str, now_ms: int) -> ErasureReceipt:
        known = int(await self._redis.exists(self._keys.profile(user)))
        visits = await self._take_back(user, now_ms)
        # Only now, when the user is marked as being erased, nobody more can be merged into them.
        others = await merged_into(self._redis, self._keys, user)
        removed = known - 1  # the mark is in a profile, which was perhaps not there before
        for other in others:
            visits += await self._take_back(other, now_ms)
            removed += await self._remove(other, now_ms)
            await self._take_back(user, now_ms)  # holds the user's events off for longer
        removed += await self._remove(user, now_ms, announced=(user, *others))
        return ErasureReceipt(visits, removed + visits, (user, *others))

    async def _take_back(self, user: str, now_ms: int) -> int:
        """Takes all visits back; how many."""
        tag = self._keys.tag(self._keys.partition(user))
        visits = int(await self._redis.zcard(self._keys.visits(user)))
        began, left = time.monotonic(), 1
        while left:
            spent_ms = round((time.monotonic() - began) * 1000)  # each step holds events off anew
            left = await self._scripts.erase_visit.run(
                tag, (self._event_ttl_ms, user, now_ms + spent_ms, ERASING_MS)
            )
        return visits

    async def _remove(self, user: str, now_ms: int, announced: Sequence[str] = ()) -> int:
        """Removes what is left; how many keys. Tells every worker who was erased, where that is to be announced."""
        days = self._keys.id_days(now_ms, self._event_ttl_ms)
        arguments: tuple[str | int, ...] = (user, days[0], days[-1])
        if announced:
            arguments += (self._keys.changes, " ".join(("erased", *announced)))
        tag = self._keys.tag(self._keys.partition(user))
        return int(await self._scripts.erase_user.run(tag, arguments))
