"""Limited senders: how much they may send, and which users each write key has brought."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from redis.asyncio import Redis

from store.connection import Calls
from store.keys import Keys


@dataclass(frozen=True, slots=True)
class SenderLimits:
    """Limits of senders who are not trusted; 0 is none. The first holds for every sender.

    `visits` are sessions and baskets, opened within two days, `of_item` those of either kind that hold an item;
    `views_per_s` those of one session.
    """

    counted_events_per_user_per_day: int = 2_000
    counted_visits_per_user: int = 24
    counted_visits_per_user_of_item: int = 2
    counted_views_per_s: int = 4
    events_per_user_per_minute: int = 300
    events_per_address_per_minute: int = 3_000
    events_per_key_per_minute: int = 60_000
    new_users_per_key_per_minute: int = 1_000
    new_items_per_key_per_minute: int = 200

    def arguments(self, partitions: int) -> tuple[int, ...]:
        """For the script of one partition, which gets its share of what all of a key's users use up together."""
        return (
            self.counted_events_per_user_per_day,
            self.counted_visits_per_user,
            self.counted_visits_per_user_of_item,
            self.counted_views_per_s,
            self.events_per_user_per_minute,
            self.events_per_address_per_minute,
            -(-self.events_per_key_per_minute // partitions),
            -(-self.new_users_per_key_per_minute // partitions),
            self.new_items_per_key_per_minute,
        )


class SenderStore:
    """Reads which users came with which write key. Lives as long as its client."""

    def __init__(self, redis: Redis, keys: Keys, calls: Calls) -> None:
        self._redis = redis
        self._keys = keys
        self._calls = calls

    async def brought(self, key_id: str, since_ms: int, limit: int) -> list[str]:
        """Users first seen with the key since then, at most `limit`. One round trip a partition at most."""
        users: list[str] = []
        for partition in range(self._keys.partitions):
            key, room = self._keys.brought(partition, key_id), limit - len(users)
            read = partial(self._redis.zrangebyscore, key, since_ms, "+inf", start=0, num=room)
            users += await self._calls.ask(read)
            if len(users) >= limit:
                break
        return users

    async def how_many(self, key_id: str, since_ms: int = 0) -> int:
        """How many users were first seen with the key since then. One round trip a partition."""
        total = 0
        for partition in range(self._keys.partitions):
            key = self._keys.brought(partition, key_id)
            total += await self._calls.ask(partial(self._redis.zcount, key, since_ms, "+inf"))
        return total

    async def known(self) -> Mapping[str, int]:
        """The write keys that have brought users, with how many each. Some round trips a key and partition."""
        names: set[str] = set()
        for partition in range(self._keys.partitions):
            names.update(
                await self._calls.ask(
                    partial(self._redis.zrange, self._keys.senders(partition), 0, -1)
                )
            )
        return {name: await self.how_many(name) for name in sorted(names)}
