"""Jobs of the whole fleet: their progress, and the lease by which one worker at a time does the work."""

from collections.abc import Mapping

from redis.asyncio import Redis
from redis.typing import EncodableT, FieldT

from store.connection import Calls
from store.keys import DAY_MS, Keys
from store.script import Scripts

REBUILD_LEASE = "rebuild"
# Longer than the longest interval between rebuilds: when the next is due is told by the newest one.
JOB_LIFE_MS = 31 * DAY_MS


class JobStore:
    """Reads and writes jobs and leases. Lives as long as its client."""

    def __init__(self, redis: Redis, keys: Keys, scripts: Scripts, calls: Calls) -> None:
        self._redis = redis
        self._keys = keys
        self._scripts = scripts
        self._calls = calls

    async def put(self, job_id: str, fields: Mapping[str, str | int | float]) -> None:
        """Writes fields of a job. One round trip."""

        written: dict[FieldT, EncodableT] = dict(fields.items())

        async def write() -> None:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.hset(self._keys.job(job_id), mapping=written)
                pipe.pexpire(self._keys.job(job_id), JOB_LIFE_MS)
                await pipe.execute()

        await self._calls.run(write)

    async def get(self, job_id: str) -> Mapping[str, str]:
        """All fields of a job, empty when it is unknown. One round trip."""
        key = self._keys.job(job_id)
        fields: dict[str, str] = await self._calls.ask(lambda: self._redis.hgetall(key))
        return fields

    async def drop_job(self, job_id: str) -> None:
        """Forgets a job. One round trip."""
        await self._calls.run(lambda: self._redis.unlink(self._keys.job(job_id)))

    async def set_current(self, job_id: str) -> None:
        """Makes it the newest job. One round trip."""
        key = self._keys.current_job
        await self._calls.run(lambda: self._redis.set(key, job_id, px=JOB_LIFE_MS))

    async def current(self) -> str | None:
        """The id of the newest job, None when there was none lately. One round trip."""
        key = self._keys.current_job
        job_id: str | None = await self._calls.ask(lambda: self._redis.get(key))
        return job_id

    async def holder(self, name: str) -> str:
        """Whoever took the lease last and has not given it back; "" when nobody. One round trip."""
        key = self._keys.lock(name)
        owner: str | None = await self._calls.ask(lambda: self._redis.hget(key, "owner"))
        return owner or ""

    async def held(self, name: str) -> tuple[str, int]:
        """As `holder`, with the fencing token. One round trip."""
        key = self._keys.lock(name)
        row: list[str | None] = await self._calls.ask(
            lambda: self._redis.hmget(key, "owner", "token")
        )
        return row[0] or "", int(row[1] or 0)

    async def take(self, name: str, owner: str, now_ms: int, life_ms: int) -> int:
        """A fencing token greater than all before, or 0 while another owner's lease lives. One round trip."""
        return await self._lease("take", name, owner, now_ms, life_ms)

    async def keep(self, name: str, owner: str, now_ms: int, life_ms: int) -> bool:
        """Prolongs the lease; false when it is no longer ours. One round trip."""
        return await self._lease("keep", name, owner, now_ms, life_ms) == 1

    async def drop(self, name: str, owner: str) -> None:
        """Gives the lease back, if it is still ours. One round trip."""
        await self._lease("drop", name, owner, 0, 0)

    async def announce(self, what: str) -> None:
        """Tells every worker that something shared has changed. One round trip."""
        await self._calls.run(lambda: self._redis.publish(self._keys.changes, what))

    async def _lease(self, action: str, name: str, owner: str, now_ms: int, life_ms: int) -> int:
        arguments = (action, owner, now_ms, life_ms)
        key = self._keys.lock(name)
        return int(await self._calls.run(lambda: self._scripts.lease.run(key, arguments)))
