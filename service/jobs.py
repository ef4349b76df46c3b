"""Rebuilds as jobs: one at a time in the whole fleet, on request or by the clock, finished by another when killed."""

import asyncio
import logging
import random
import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

from service.availability import store_answers
from service.ending import end, meanwhile
from service.errors import Conflict, NotFound, ServiceError
from service.job_fields import first_fields, job_of, taken_over
from service.job_run import LEASE_MS, JobRun, Turn
from service.model import Job
from service.rebuilding import Rebuilding, Scope
from store.jobs import REBUILD_LEASE, JobStore

log = logging.getLogger(__name__)

WATCH_S = 5.0
GIVEN_UP_MS = LEASE_MS + round(3_000 * WATCH_S)
POLL_S = 0.05
GONE = "its worker went away"


class RebuildFailed(Exception):
    """The message is the job's error."""


class RebuildJobs:
    """Starts, runs, shows and cancels rebuilds. Lives as long as the worker."""

    def __init__(
        self,
        store: JobStore,
        work: Rebuilding,
        owner: str,
        interval_ms: int,
        clock: Callable[[], int],
    ) -> None:
        """`interval_ms`: how long after one rebuild the next begins by itself; 0: never."""
        self._store = store
        self._work = work
        self._owner = owner
        self._interval_ms = interval_ms
        self._clock = clock
        self._running: asyncio.Task[None] | None = None

    def watching(self) -> AbstractAsyncContextManager[None]:
        """While entered, this worker finishes what others left undone, and begins what is due."""
        return meanwhile(self._watch)

    async def start(self, scope: Scope = "recent") -> Job:
        """Starts a rebuild and returns it; the running one when there is one, here or elsewhere.

        `scope`: lists of nobody, of the last 1,000 users of the last 24 hours, or of all who are still known.
        """
        with store_answers():
            while True:
                job = await self._begun(scope) or await self._begun_elsewhere()
                if job is not None:
                    return job
                await asyncio.sleep(POLL_S)  # it has ended, and its lease is being given back

    async def _begun(self, scope: Scope) -> Job | None:
        """A new job, in this worker's hands; none while another's lease lives."""
        job_id = secrets.token_hex(8)
        # Before the lease names it: whoever comes second can read it at once.
        fields = first_fields(self._owner, scope, self._work.note(), self._clock())
        await self._store.put(job_id, fields)
        holder = _holder(job_id)
        version = await self._take_lease(holder)
        if not version:
            await self._store.drop_job(job_id)
            return None
        await self._close_abandoned()
        await self._store.set_current(job_id)
        self._run(Turn(job_id, holder, version, scope))
        return await self._read(job_id)

    async def _begun_elsewhere(self) -> Job | None:
        """The running job of whoever holds the lease."""
        job_id = _job_of(await self._store.holder(REBUILD_LEASE))
        job = await self._read(job_id) if job_id else None
        return job if job is not None and job.state == "running" else None

    async def run_to_end(self, scope: Scope = "none") -> Job:
        """Starts a rebuild, or joins the running one, and returns when it has ended. RebuildFailed."""
        job = await self.start(scope)
        while job.state == "running":
            await asyncio.sleep(POLL_S)
            job = await self.job(job.job_id)
        if job.state != "done":
            raise RebuildFailed(job.error or job.state)
        return job

    async def job(self, job_id: str) -> Job:
        """The job as it stands. NotFound when it is unknown or older than a month."""
        with store_answers():
            return await self._read(job_id)

    async def cancel(self, job_id: str) -> Job:
        """Asks a running job to stop within seconds. NotFound; Conflict when it has ended."""
        with store_answers():
            job = await self._read(job_id)
            if job.state != "running":
                raise Conflict("job_ended", f"The job has ended: {job.state}.")
            await self._store.put(job_id, {"cancel": 1})
            return await self._read(job_id)

    async def aclose(self) -> None:
        """Stops a rebuild of this worker, and leaves it to the others."""
        if self._running is not None:
            await end([self._running])

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_S * random.uniform(0.5, 1.5))  # workers must not ask in step
            try:
                with store_answers():
                    await self._look_after()
            except ServiceError as error:
                log.info("rebuilds are not looked after: %s", error.code)

    async def _look_after(self) -> None:
        """Takes an abandoned job over, or starts one that is due. Two round trips when there is nothing to do."""
        if self._running is not None:
            return
        job_id = await self._store.current()
        fields = await self._store.get(job_id) if job_id else {}
        if job_id and fields.get("state") == "running":
            if self._silent_ms(fields) > LEASE_MS:
                await self._adopt(job_id, fields)
        elif self._interval_ms:
            age_ms = self._clock() - int(fields.get("started_ms", 0))
            if age_ms >= self._interval_ms:
                await self.start()

    async def _adopt(self, job_id: str, fields: Mapping[str, str]) -> None:
        """Goes on with a job whose worker went away, from the phase that it had reached."""
        holder = _holder(job_id)
        version = await self._take_lease(holder)
        if version:
            log.warning("rebuild %s was left by %s and goes on here", job_id, fields["owner"])
            mine = taken_over(self._owner, fields, self._clock())
            await self._store.put(job_id, mine)
            scope: Scope = fields["scope"]  # type: ignore[assignment]  # as we wrote it
            turn = Turn(job_id, holder, version, scope, fields["phase"], int(mine["turn_done"]))
            self._run(turn)

    def _run(self, turn: Turn) -> None:
        running = asyncio.create_task(JobRun(self._store, self._work, turn, self._clock).run())
        self._running = running
        running.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running = None
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.error("a rebuild broke off", exc_info=failure)

    async def _take_lease(self, holder: str) -> int:
        """The token of the lease, also when a call of ours took it but its answer was lost; else 0."""
        token = await self._store.take(REBUILD_LEASE, holder, self._clock(), LEASE_MS)
        if token:
            return token
        owner, token = await self._store.held(REBUILD_LEASE)
        return token if owner == holder else 0

    async def _close_abandoned(self) -> None:
        """Says of the job before, if it is still called running, that nobody works on it any more."""
        job_id = await self._store.current()
        if job_id is not None and (await self._store.get(job_id)).get("state") == "running":
            now_ms = self._clock()
            await self._store.put(job_id, {"state": "failed", "error": GONE, "finished_ms": now_ms})

    def _silent_ms(self, fields: Mapping[str, str]) -> int:
        return self._clock() - int(fields["reported_ms"])

    async def _read(self, job_id: str) -> Job:
        fields = await self._store.get(job_id)
        if not fields:
            raise NotFound("unknown_job", "There is no such job.")
        # Others would have taken it over by now.
        if fields["state"] == "running" and self._silent_ms(fields) > GIVEN_UP_MS:
            fields = {**fields, "state": "failed", "error": GONE}
        return job_of(job_id, fields)


def _holder(job_id: str) -> str:
    """Whom the lease names: not the job alone, lest a worker that was left behind takes another's turn for its own."""
    return f"{job_id}.{secrets.token_hex(4)}"


def _job_of(holder: str) -> str:
    return holder.partition(".")[0]
