"""Emptying a database of one's own: for replays and tests, never in the service."""

from redis.asyncio import Redis

from store.connection import Clients

_SCAN_COUNT = 5_000


async def drop_prefix(clients: Clients, prefix: str) -> int:
    """Deletes every key that starts with the prefix; how many."""
    redis: Redis = clients.commands
    dropped, batch = 0, []
    async for key in redis.scan_iter(match=f"{prefix}*", count=_SCAN_COUNT):
        batch.append(key)
        if len(batch) == _SCAN_COUNT:
            dropped += await redis.unlink(*batch)
            batch = []
    return dropped + (await redis.unlink(*batch) if batch else 0)
