"""One worker's turn at a rebuild: the work under a lease, its progress, and its end."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass

from service.ending import end
from service.rebuilding import CONTENT, Rebuilding, Scope
from store.errors import StoreUnavailable
from store.jobs import REBUILD_LEASE, JobStore

log = logging.getLogger(__name__)

LEASE_MS = 15_000
BEATS = 3  # times that a lease is renewed before it would end
REPORT_EVERY = 25


class LeaseLost(Exception):
    """Another worker may do the work now: this one must stop."""

    def __str__(self) -> str:
        return "another worker took the lease"


class Cancelled(Exception):
    """Somebody has cancelled the job."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A job in this worker's hands: `holder` is who the lease names, `version` its token, `reached` the first phase,
    `done` how many units others have done before that.
    """

    job_id: str
    holder: str
    version: int
    scope: Scope
    reached: str = CONTENT
    done: int = 0


class JobRun:
    """Does the work of a turn. Lives for the turn."""

    def __init__(
        self, store: JobStore, work: Rebuilding, turn: Turn, clock: Callable[[], int]
    ) -> None:
        self._store = store
        self._work = work
        self._turn = turn
        self._clock = clock

    async def run(self) -> None:
        """Returns when the job has ended, or is another's. Cancelled, it leaves the job to whoever is there."""
        work = asyncio.create_task(self._rebuild())
        beat = asyncio.create_task(self._keep_lease())
        try:
            first, _ = await asyncio.wait({work, beat}, return_when=asyncio.FIRST_COMPLETED)
            state, error = _outcome(first.pop())
        except asyncio.CancelledError:
            await end((work, beat))
            await self._note(
                {"reported_ms": self._clock() - LEASE_MS - 1}
            )  # so silent that it is taken over
            raise
        finally:
            await end((work, beat))
        if state:
            await self._note({"state": state, "error": error, "finished_ms": self._clock()})

    async def _note(self, fields: dict[str, str | int]) -> None:
        """Writes how it ends here, and gives the lease back."""
        try:
            if await self._keep():
                await self._store.put(self._turn.job_id, fields)
                await self._store.drop(REBUILD_LEASE, self._turn.holder)
        except StoreUnavailable as gone:  # whoever looks finds it abandoned
            log.warning("the end of rebuild %s is not noted: %s", self._turn.job_id, gone.reason)

    async def _keep(self) -> bool:
        return await self._store.keep(REBUILD_LEASE, self._turn.holder, self._clock(), LEASE_MS)

    async def _keep_lease(self) -> None:
        """Renews the lease, however long a step takes. Raises LeaseLost, Cancelled."""
        while True:
            await asyncio.sleep(LEASE_MS / BEATS / 1_000)
            try:
                await self._report({})
            except StoreUnavailable as error:
                log.warning(
                    "the lease of rebuild %s is not renewed: %s", self._turn.job_id, error.reason
                )

    async def _rebuild(self) -> None:
        turn = self._turn
        users = await self._work.users(turn.scope)
        done = before = reported = turn.done
        total = done + await self._work.units(users, turn.reached)
        last = ""
        async with aclosing(self._work.steps(users, turn.version, turn.reached)) as steps:
            async for step in steps:
                begins = step.phase != last
                before = done if begins else before
                done, total = done + step.done, total + step.more
                if begins or done - reported >= REPORT_EVERY or done == total:
                    reported, last = done, step.phase
                    counted = {"done": done, "total": max(done, total), "done_before": before}
                    await self._report({"phase": step.phase, **counted})
        await self._store.put(
            turn.job_id, {"phase": last or turn.reached, "done": done, "total": done}
        )

    async def _report(self, fields: dict[str, str | int]) -> None:
        """Writes progress. Raises LeaseLost, Cancelled."""
        if not await self._keep():
            raise LeaseLost
        await self._store.put(self._turn.job_id, {**fields, "reported_ms": self._clock()})
        if "cancel" in await self._store.get(self._turn.job_id):
            raise Cancelled


def _outcome(ended: asyncio.Task[None]) -> tuple[str, str]:
    """State and error of a job; no state where it is another's now."""
    failure = ended.exception()
    match failure:
        case None:
            return "done", ""
        case Cancelled():
            return "cancelled", ""
        case LeaseLost():
            log.warning("a rebuild stops here: %s", failure)
            return "", ""
    log.error("a rebuild failed", exc_info=failure)
    return "failed", str(failure)
