"""How far the import of a file has come, so that a repeated or resumed one adds nothing."""

from dataclasses import dataclass

from redis.asyncio import Redis

from store.connection import Calls
from store.keys import Keys


@dataclass(frozen=True, slots=True)
class ImportState:
    """By how much the file's times were shifted, and how many of its events are in."""

    shift_ms: int
    rows_done: int


class ImportStore:
    """Keeps one hash a file, named by the digest of its content and mapping."""

    def __init__(self, redis: Redis, keys: Keys, calls: Calls, life_ms: int) -> None:
        self._redis = redis
        self._keys = keys
        self._calls = calls
        self._life_ms = life_ms

    async def get(self, digest: str) -> ImportState | None:
        """What is known of the file's import; None when there was none. One round trip."""
        key = self._keys.import_job(digest)
        held = await self._calls.run(lambda: self._redis.hmget(key, ("shift_ms", "rows_done")))
        shift_ms, rows_done = held
        return None if shift_ms is None else ImportState(int(shift_ms), int(rows_done or 0))

    async def put(self, digest: str, state: ImportState) -> ImportState:
        """Notes the rows done and returns what is held. One round trip.

        The first shift stays: of two imports that start together both use the same.
        """
        key = self._keys.import_job(digest)

        async def write() -> list[str]:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.hsetnx(key, "shift_ms", str(state.shift_ms))
                pipe.hset(key, "rows_done", str(state.rows_done))
                pipe.pexpire(key, self._life_ms)
                pipe.hmget(key, ("shift_ms", "rows_done"))
                held: list[str] = (await pipe.execute())[-1]
                return held

        shift_ms, rows_done = await self._calls.run(write)
        return ImportState(int(shift_ms), int(rows_done))
