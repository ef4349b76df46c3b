"""The rebuild: content neighbours anew, then the lists of active users; one at a time in the whole fleet."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Literal

from service.availability import store_answers
from service.catalogue import Catalogue
from service.ending import end
from service.errors import Conflict, NotFound
from service.model import Job, Query
from service.recommender import RealtimeRecommender
from store.errors import StoreUnavailable
from store.jobs import JobStore
from store.keys import DAY_MS
from store.users import UserStore

log = logging.getLogger(__name__)

LEASE = "rebuild"
LEASE_MS = 15_000
REPORT_EVERY = 25

Scope = Literal["recent", "all"]


class LeaseLost(Exception):
    """Another worker may do the work now: this one must stop."""

    def __str__(self) -> str:
        return "another worker took the lease"


class RebuildJobs:
    """Starts, runs, shows and cancels rebuilds. Lives as long as the worker."""

    def __init__(
        self,
        store: JobStore,
        users: UserStore,
        catalogue: Catalogue,
        recommender: RealtimeRecommender,
        owner: str,
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._users = users
        self._catalogue = catalogue
        self._recommender = recommender
        self._owner = owner
        self._clock = clock
        self._running: asyncio.Task[None] | None = None

    async def start(self, scope: Scope = "recent") -> Job:
        """Starts a rebuild and returns it; the running one when there is one, here or elsewhere.

        `scope`: lists of the users of the last 24 hours, or of all who are still known.
        """
        with store_answers():
            job_id = secrets.token_hex(8)
            # Before the lease names it: whoever comes second can read it at once.
            await self._store.put(job_id, _first_fields(self._owner, self._clock()))
            if not await self._take_lease(job_id):
                await self._store.drop_job(job_id)
                running = await self._store.holder(LEASE) or await self._store.current()
                return await self._read(running or job_id)
            await self._close_abandoned()
            await self._store.set_current(job_id)
            self._running = asyncio.create_task(self._run(job_id, scope))
            return await self._read(job_id)

    async def _take_lease(self, job_id: str) -> bool:
        """Whether the job holds the lease, also when a call of ours took it but its answer was lost."""
        token = await self._store.take(LEASE, job_id, self._clock(), LEASE_MS)
        return bool(token) or await self._store.holder(LEASE) == job_id

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

    async def _run(self, job_id: str, scope: Scope) -> None:
        work = asyncio.create_task(self._rebuild(job_id, scope))
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

    async def _rebuild(self, job_id: str, scope: Scope) -> str:
        since_ms = 0 if scope == "all" else self._clock() - DAY_MS
        users = await self._users.active_since(since_ms)
        total = len(users) + await self._catalogue.size()
        done = 0
        async for phase in self._steps(users):
            done += 1
            due = done % REPORT_EVERY == 0 or done == total
            if due and not await self._report(job_id, phase, done, total):
                return "cancelled"
        await self._store.put(job_id, {"done": done, "total": done})
        await self._store.announce("models")
        return "done"

    async def _steps(self, users: list[str]) -> AsyncIterator[str]:
        """Does the work, and says after each unit which phase it belonged to.

        The lists of active users fill this worker's caches; the connected ones are pushed when the job has ended.
        """
        async for _ in self._catalogue.rebuild():
            yield "content"
        self._recommender.forget()
        for user in users:
            await self._recommender.recommend(Query(user), fresh=True)
            yield "lists"

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
        silent_ms = self._clock() - int(fields["reported_ms"])
        if fields["state"] == "running" and silent_ms > LEASE_MS:
            fields = {**fields, "state": "failed", "error": "its worker went away"}
        return _job(job_id, fields)


def _outcome(work: asyncio.Task[str]) -> tuple[str, str]:
    """State and error of the work; unfinished work has lost its lease."""
    if not work.done():
        return "failed", str(LeaseLost())
    failure = work.exception()
    if failure is None:
        return work.result(), ""
    log.error("a rebuild failed", exc_info=failure)
    return "failed", str(failure)


def _first_fields(owner: str, now_ms: int) -> dict[str, str | int]:
    return {
        "state": "running",
        "phase": "content",
        "done": 0,
        "total": 0,
        "owner": owner,
        "started_ms": now_ms,
        "reported_ms": now_ms,
    }


def _job(job_id: str, fields: Mapping[str, str]) -> Job:
    done, total = int(fields["done"]), int(fields["total"])
    finished_ms = int(fields["finished_ms"]) if "finished_ms" in fields else None
    spent_s = ((finished_ms or int(fields["reported_ms"])) - int(fields["started_ms"])) / 1000
    rate = done / spent_s if spent_s > 0 else 0.0
    running = fields["state"] == "running"
    return Job(
        job_id=job_id,
        state=fields["state"],
        phase=fields["phase"],
        done=done,
        total=total,
        rate=rate,
        eta_s=(total - done) / rate if running and rate else None,
        started_ms=int(fields["started_ms"]),
        finished_ms=finished_ms,
        owner=fields["owner"],
        error=fields.get("error") or None,
    )
