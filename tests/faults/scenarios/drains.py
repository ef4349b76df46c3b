"""A deploy: workers behind nginx are drained and started again in turn, while users act, read and watch."""

import asyncio
import itertools
import random
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp

from service.ending import end
from tests.faults.acts import Acts, Tally, reason_of
from tests.faults.aside import aside
from tests.faults.crowded import CROWDED
from tests.faults.screens import Screens, one_screen_each, quantile_s
from tests.fleet import WorkerProcess, running_nginx, running_worker
from tests.redis_server import free_port, running_redis_server

PROMISES = "P15"
WHAT = (
    "Three workers behind nginx get SIGTERM in turn and are started again, while users act and read through nginx and "
    "their screens are open"
)
NAMES = ("api-1", "api-2", "api-3")
DRAINS, SOCKETS, RATE = 20, 200, 50.0
LEAST_DRAINS, LEAST_SOCKETS, LEAST_RATE = 3, 40, 10.0
PAUSE_S, SETTLE_S, READ_PAUSE_S = 1.0, 10.0, 0.1
EXIT_S, SHOWN_WITHIN_S = 25.0, 10.0


def measure(scale: float) -> Mapping[str, float]:
    """1: 20 drains, about three minutes."""
    return asyncio.run(_measure(scale))


def problems(figures: Mapping[str, float]) -> list[str]:
    found = []
    if figures["failed_requests"]:
        found.append("requests failed")
    if figures["stale_screens"]:
        found.append(f"screens were stale {SETTLE_S:.0f} s after")
    if figures["slowest_shown_s"] > SHOWN_WITHIN_S:
        found.append(f"an act took longer than {SHOWN_WITHIN_S:.0f} s to show")
    if figures["slowest_exit_s"] > EXIT_S:
        found.append(f"a worker took longer than {EXIT_S:.0f} s to end")
    if figures["tracebacks"]:
        found.append("a worker ended with a traceback")
    return found


class Site:
    """The workers behind one nginx; each that is drained is started again on its port."""

    def __init__(self, stack: AsyncExitStack, folder: Path, redis_url: str) -> None:
        self.url = ""
        self.exits_s: list[float] = []
        self.tracebacks = 0
        self._stack = stack
        self._folder = folder
        # Without keys nobody is answered through a proxy.
        self._settings = {"redis_url": redis_url, "demo_open": True, **CROWDED}
        self._workers: list[WorkerProcess] = []

    async def open(self) -> None:
        for name in NAMES:
            self._workers.append(await self._start(name, free_port()))
        self.url = await self._stack.enter_async_context(
            aside(running_nginx(self._folder, self._workers))
        )

    async def drain(self, place: int) -> None:
        """Ends one worker as an orchestrator does, and starts the next."""
        worker = self._workers[place]
        began_s = time.monotonic()
        worker.terminate()
        await asyncio.to_thread(worker.process.wait, EXIT_S * 2)
        self.exits_s.append(time.monotonic() - began_s)
        self.tracebacks += "Traceback" in worker.log.read_text()
        port = int(worker.url.rpartition(":")[2])
        self._workers[place] = await self._start(worker.name, port)

    async def _start(self, name: str, port: int) -> WorkerProcess:
        started = running_worker(self._folder, name, port=port, **self._settings)
        return await self._stack.enter_async_context(aside(started))


async def _measure(scale: float) -> Mapping[str, float]:
    rng = random.Random(15)
    drains = max(LEAST_DRAINS, round(DRAINS * scale))
    users = [f"u{n}" for n in range(max(LEAST_SOCKETS, round(SOCKETS * scale)))]
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            redis = await stack.enter_async_context(aside(running_redis_server(Path(folder))))
            site = Site(stack, Path(folder), redis.url)
            await site.open()
            screens, reads = one_screen_each(users, rng), Tally()
            acts = Acts(users, [site.url], screens.acted, rng)
            async with screens.watching([site.url]):
                async with (
                    acts.going_on(max(LEAST_RATE, RATE * scale)),
                    _reading(site.url, users, reads),
                ):
                    for n in range(drains):
                        await site.drain(n % len(NAMES))
                        await asyncio.sleep(PAUSE_S)
                await screens.settle(SETTLE_S)
            return _figures(site, screens, acts.tally, reads)


def _figures(site: Site, screens: Screens, acts: Tally, reads: Tally) -> Mapping[str, float]:
    away_s = [seconds for screen in screens.all for seconds in screen.away_s]
    return {
        "drains": len(site.exits_s),
        "sockets": len(screens.all),
        "requests": acts.sent + reads.sent,
        "failed_requests": acts.failed + reads.failed,
        "slowest_exit_s": round(max(site.exits_s), 2),
        "reconnects": len(away_s),
        "slowest_reconnect_s": round(max(away_s, default=0.0), 2),
        "shown_p99_s": round(quantile_s(screens.shown, 0.99), 3),
        "slowest_shown_s": round(max(each.waited_s for each in screens.shown), 2),
        "stale_screens": screens.behind(),
        "tracebacks": site.tracebacks,
        **{f"failed_{reason}": count for reason, count in (acts.reasons | reads.reasons).items()},
    }


@asynccontextmanager
async def _reading(address: str, users: Sequence[str], tally: Tally) -> AsyncIterator[None]:
    async with aiohttp.ClientSession() as http:
        task = asyncio.create_task(_read_always(http, address, users, tally))
        try:
            yield
        finally:
            await end([task])


async def _read_always(
    http: aiohttp.ClientSession, address: str, users: Sequence[str], tally: Tally
) -> None:
    """One list after another, for one user after another."""
    for user in itertools.cycle(users):
        tally.sent += 1
        try:
            url = f"{address}/realtime-recommend?user_id={user}"
            async with http.get(url) as answer:
                await answer.read()
                if answer.status != 200:
                    tally.fail(await reason_of(answer))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            tally.fail(type(error).__name__)
        await asyncio.sleep(READ_PAUSE_S)
