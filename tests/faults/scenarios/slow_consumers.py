"""A hundred sockets that take their lists and read none of them: the worker holds no queue for them, and cuts them."""

import asyncio
import os
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.faults.acts import Acts
from tests.faults.aside import aside
from tests.faults.bare_sockets import BareSocket, open_bare
from tests.faults.crowded import CROWDED
from tests.faults.screens import Screens, Shown, one_screen_each, quantile_s
from tests.fleet import WorkerProcess, running_worker
from tests.redis_server import running_redis_server

PROMISES = "P6, P9, P15"
WHAT = (
    "100 sockets of 5 users never read what they are sent, and are opened again when they are cut; beside them 50 "
    "screens, before with 100 sockets that read"
)
SLOW_USERS, SOCKETS_A_USER, SCREENS = 5, 20, 50
RATE = 16.0
PHASE_S, LEAST_S = 90.0, 20.0
LIST_ITEMS = 50  # large lists: what the kernel holds is full soon
GROWTH_MB, CUT_S, P99_GROWTH, EXIT_S = 50.0, 30.0, 1.2, 25.0
LOOK_S = 0.25


def measure(scale: float) -> Mapping[str, float]:
    """1: three minutes."""
    return asyncio.run(_measure(scale))


def problems(figures: Mapping[str, float]) -> list[str]:
    found = []
    if figures["growth_mb"] > GROWTH_MB:
        found.append(f"the worker grew by more than {GROWTH_MB:.0f} MB")
    if figures["cut"] == 0:
        found.append("no socket was cut")
    if figures["slowest_cut_s"] > CUT_S:
        found.append(f"a socket that reads nothing lived longer than {CUT_S:.0f} s")
    if figures["exit_s"] > EXIT_S:
        found.append(f"the worker took longer than {EXIT_S:.0f} s to end")
    if figures["p99_s"] > max(P99_GROWTH * figures["p99_before_s"], 0.5):
        found.append("the others' lists came later than before")
    if figures["stale_screens"]:
        found.append("screens stayed stale")
    return found


class Sloths:
    """Sockets that never read. Each that is cut is opened again."""

    def __init__(self, address: str, users: Sequence[str]) -> None:
        self.lives_s: list[float] = []
        self.cut = 0
        self._address = address
        self._users = users
        self._sockets: list[BareSocket] = []

    async def open(self) -> None:
        self._sockets = [await self._open(user) for user in self._users]

    async def look(self) -> None:
        """Replaces what the server has cut."""
        for place, sloth in enumerate(self._sockets):
            if sloth.is_cut:
                self.cut += 1
                self._end(sloth)
                self._sockets[place] = await self._open(self._users[place])

    def end(self) -> None:
        for sloth in self._sockets:
            self._end(sloth)

    def _end(self, sloth: BareSocket) -> None:
        self.lives_s.append(time.monotonic() - sloth.opened_s)
        sloth.abort()

    async def _open(self, user: str) -> BareSocket:
        sloth = await open_bare(self._address, slow=True)
        sloth.send(f'40{{"user_id":"{user}"}}')
        return sloth


async def _measure(scale: float) -> Mapping[str, float]:
    seconds = max(LEAST_S, PHASE_S * scale)
    slow = [f"slow{n}" for n in range(max(1, round(SLOW_USERS * scale)))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        async with (
            aside(running_redis_server(path)) as redis,
            aside(
                running_worker(
                    path,
                    "api-1",
                    redis_url=redis.url,
                    push_items=LIST_ITEMS,
                    push_min_interval_ms=0,
                    **CROWDED,
                )
            ) as worker,
        ):
            before = await _readers(worker, slow, seconds)
            return {"seconds": seconds, **before, **await _sloths(worker, slow, seconds)}


def _others(rng: random.Random) -> Screens:
    return one_screen_each([f"u{n}" for n in range(SCREENS)], rng)


async def _readers(worker: WorkerProcess, slow: Sequence[str], seconds: float) -> dict[str, float]:
    """The same sockets and acts, but all are read."""
    rng = random.Random(12)
    others, read = _others(rng), one_screen_each([*slow] * SOCKETS_A_USER, rng)
    async with others.watching([worker.url]), read.watching([worker.url]):
        await _act(worker, slow, others, seconds, rng)
    return {"p99_before_s": _p99_s(others.shown)}


async def _sloths(worker: WorkerProcess, slow: Sequence[str], seconds: float) -> dict[str, float]:
    rng = random.Random(12)
    others, sloths = _others(rng), Sloths(worker.url, [*slow] * SOCKETS_A_USER)
    rss_mb = largest_mb = _rss_mb(worker)
    async with others.watching([worker.url]):
        await sloths.open()
        acting = asyncio.create_task(_act(worker, slow, others, seconds, rng))
        while not acting.done():
            await sloths.look()
            largest_mb = max(largest_mb, _rss_mb(worker))
            await asyncio.sleep(LOOK_S)
        acts, stale = await acting, others.behind()
        exit_s = await _exit_s(worker)
    sloths.end()
    return {
        "acts": acts,
        "slow_sockets": len(slow) * SOCKETS_A_USER,
        "cut": sloths.cut,
        "slowest_cut_s": round(max(sloths.lives_s), 1),
        "rss_mb": round(rss_mb, 1),
        "growth_mb": round(largest_mb - rss_mb, 1),
        "p99_s": _p99_s(others.shown),
        "stale_screens": stale,
        "exit_s": round(exit_s, 2),
    }


async def _act(
    worker: WorkerProcess, slow: Sequence[str], others: Screens, seconds: float, rng: random.Random
) -> int:
    """Half of the acts are the slow users', the other half those of whose screens are watched."""
    acts = Acts(slow, [worker.url], others.acted, rng)
    watched = Acts([s.auth["user_id"] for s in others.all], [worker.url], others.acted, rng)
    async with acts.going_on(RATE / 2), watched.going_on(RATE / 2):
        await asyncio.sleep(seconds)
    await others.settle(10.0)
    return acts.tally.sent + watched.tally.sent


async def _exit_s(worker: WorkerProcess) -> float:
    began_s = time.monotonic()
    worker.terminate()
    await asyncio.to_thread(worker.process.wait, EXIT_S * 2)
    return time.monotonic() - began_s


def _p99_s(shown: Sequence[Shown]) -> float:
    return round(quantile_s(shown, 0.99), 4)


def _rss_mb(worker: WorkerProcess) -> float:
    pages = int(Path(f"/proc/{worker.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
