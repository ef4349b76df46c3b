"""Rebuilds as jobs: one at a time in the whole fleet, on request or by the clock, finished by another when killed."""

import asyncio
import logging
import random
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager

from service.availability import store_answers
from service.ending import end
from service.errors import Conflict, NotFound, ServiceError
from service.job_fields import first_fields, job_of
from service.model import Job
from service.rebuilding import CONTENT, Rebuilding, Scope
from store.errors import StoreUnavailable
from store.jobs import JobStore

log = logging.getLogger(__name__)

LEASE = "rebuild"
LEASE_MS = 15_000
REPORT_EVERY = 25
WATCH_S = 5.0
POLL_S = 0.05


class RebuildFailed(Exception):
    """The message is the job's error."""


class LeaseLost(Exception):
    """Another worker may do the work now: this one must stop."""

    def __str__(self) -> str:
        return "another worker took the lease"


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

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """While entered, this worker finishes what others left undone, and begins what is due."""
        watch = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            await end([watch])

    async def start(self, scope: Scope = "recent") -> Job:
        """Starts a rebuild and returns it; the running one when there is one, here or elsewhere.

        `scope`: lists of nobody, of the users of the last 24 hours, or of all who are still known.
        """
        with store_answers():
            job_id = secrets.token_hex(8)
            # Before the lease names it: whoever comes second can read it at once.
            await self._store.put(job_id, first_fields(self._owner, scope, self._clock()))
            version = await self._take_lease(job_id)
            if not version:
                await self._store.drop_job(job_id)
                running = await self._store.holder(LEASE) or await self._store.current()
                return await self._read(running or job_id)
            await self._close_abandoned()
            await self._store.set_current(job_id)
            self._running = asyncio.create_task(self._run(job_id, scope, version, CONTENT))
            return await self._read(job_id)

    async def run_to_end(self, scope: Scope = "none") -> Job:
        """Starts a rebuild, or joins the running one, and returns when it has ended. RebuildFailed."""
        job = await self.start(scope)
        while job.state == "running":
            await asyncio.sleep(POLL_S)
            job = await self.job(job.job_id)
        if job.state != "done":
            raise RebuildFailed(job.error or job.state)
        return job

    async def _take_lease(self, job_id: str) -> int:
        """The token of the job's lease, also when a call of ours took it but its answer was lost; else 0."""
        token = await self._store.take(LEASE, job_id, self._clock(), LEASE_MS)
        if not token and await self._store.holder(LEASE) == job_id:
            return await self._store.token(LEASE)
        return token

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_S * random.uniform(0.5, 1.5))  # workers must not ask in step
            try:
                with store_answers():
                    await self._adopt()
                    if await self._is_due():
                        await self.start()
            except ServiceError as error:
                log.info("rebuilds are not looked after: %s", error.code)

    async def _adopt(self) -> None:
        """Goes on with a job whose worker went away, from the phase that it had reached."""
        job_id = await self._store.current()
        fields = await self._store.get(job_id) if job_id else {}
        if job_id is None or fields.get("state") != "running" or not self._is_silent(fields):
            return
        version = await self._store.take(LEASE, job_id, self._clock(), LEASE_MS)
        if version:
            log.warning("rebuild %s was left by %s and goes on here", job_id, fields["owner"])
            await self._store.put(job_id, {"owner": self._owner, "reported_ms": self._clock()})
            scope: Scope = fields.get("scope", "recent")  # type: ignore[assignment]  # as we wrote it
            self._running = asyncio.create_task(self._run(job_id, scope, version, fields["phase"]))

    async def _is_due(self) -> bool:
        if not self._interval_ms:
            return False
        job_id = await self._store.current()
        fields = await self._store.get(job_id) if job_id else {}
        if fields.get("state") == "running":
            return False
        return self._clock() - int(fields.get("started_ms", 0)) >= self._interval_ms

    def _is_silent(self, fields: Mapping[str, str]) -> bool:
        return self._clock() - int(fields["reported_ms"]) > LEASE_MS

    async def job(self, job_id: str) -> Job:
        """The job as it stands. NotFound when it is unknown or older than a week."""
        with store_answers():
            return await self._read(job_id)

    async def cancel(self, job_id: str) -> Job:
        """Asks a running job to stop at its next step. NotFound; Conflict when it has ended."""
        with store_answers():
            job = await self._read(job_id)
            if job.state != "running":
                raise Conflict("job_ended", f"The job has ended: {job.state}.")
            await self._store.put(job_id, {"cancel": 1})
            return await self._read(job_id)

    async def aclose(self) -> None:
        """Stops a rebuild of this worker and gives the lease back."""
        if self._running is not None:
            await end([self._running])

    async def _run(self, job_id: str, scope: Scope, version: int, reached: str) -> None:
        work = asyncio.create_task(self._rebuild(job_id, scope, version, reached))
        beat = asyncio.create_task(self._keep_lease(job_id))
        try:
            await asyncio.wait({work, beat}, return_when=asyncio.FIRST_COMPLETED)
            state, error = _outcome(work)
        except asyncio.CancelledError:
            state, error = "failed", "its worker was stopped"
        finally:
            await end((work, beat))
        try:
            await self._store.put(job_id, self._end(state, error))
            await self._store.drop(LEASE, job_id)
        except StoreUnavailable as gone:  # whoever looks finds it abandoned
            log.warning("the end of rebuild %s is not noted: %s", job_id, gone.reason)
        finally:
            self._running = None

    async def _keep_lease(self, job_id: str) -> None:
        """Renews the lease, however long a step takes; returns when it has been lost."""
        while True:
            await asyncio.sleep(LEASE_MS / 3_000)
            now_ms = self._clock()
            try:
                if not await self._store.keep(LEASE, job_id, now_ms, LEASE_MS):
                    return
                await self._store.put(job_id, {"reported_ms": now_ms})
            except StoreUnavailable as error:
                log.warning("the lease of rebuild %s is not renewed: %s", job_id, error.reason)

    async def _rebuild(self, job_id: str, scope: Scope, version: int, reached: str) -> str:
        users = await self._work.users(scope)
        total = await self._work.units(users)
        done, last = 0, reached
        async with aclosing(self._work.steps(users, version, reached)) as steps:
            async for phase in steps:
                done += 1
                due = done % REPORT_EVERY == 0 or done == total or phase != last
                last = phase
                if due and not await self._report(job_id, phase, done, total):
                    return "cancelled"
        await self._store.put(job_id, {"done": done, "total": done})
        await self._store.announce("models")
        return "done"

    async def _report(self, job_id: str, phase: str, done: int, total: int) -> bool:
        """Writes progress; false when the job was cancelled. Raises LeaseLost."""
        now_ms = self._clock()
        if not await self._store.keep(LEASE, job_id, now_ms, LEASE_MS):
            raise LeaseLost
        await self._store.put(
            job_id, {"phase": phase, "done": done, "total": max(done, total), "reported_ms": now_ms}
        )
        return "cancel" not in await self._store.get(job_id)

    async def _close_abandoned(self) -> None:
        """Says of the job before, if it is still called running, that nobody works on it any more."""
        job_id = await self._store.current()
        if job_id is not None and (await self._store.get(job_id)).get("state") == "running":
            await self._store.put(job_id, self._end("failed", "its worker went away"))

    def _end(self, state: str, error: str) -> dict[str, str | int]:
        return {"state": state, "error": error, "finished_ms": self._clock()}

    async def _read(self, job_id: str) -> Job:
        fields = await self._store.get(job_id)
        if not fields:
            raise NotFound("unknown_job", "There is no such job.")
        if fields["state"] == "running" and self._is_silent(fields):
            fields = {**fields, "state": "failed", "error": "its worker went away"}
        return job_of(job_id, fields)


def _outcome(work: asyncio.Task[str]) -> tuple[str, str]:
    """State and error of the work; unfinished work has lost its lease."""
    if not work.done():
        return "failed", str(LeaseLost())
    failure = work.exception()
    if failure is None:
        return work.result(), ""
    log.error("a rebuild failed", exc_info=failure)
    return "failed", str(failure)
