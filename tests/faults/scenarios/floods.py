"""Crowds that open sockets and do not authenticate, or do so wrongly, while real users are served."""

import asyncio
import random
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import jwt

from tests.faults.acts import Acts
from tests.faults.aside import aside
from tests.faults.bare_sockets import open_bare
from tests.faults.crowded import CROWDED
from tests.faults.screens import Screens, quantile_s
from tests.fleet import WorkerProcess, running_worker
from tests.redis_server import running_redis_server

PROMISES = "P9, P11"
WHAT = (
    "5,000 sockets that never authenticate and 2,000 with refused tokens are opened within 10 s each at one worker, "
    "while 50 users act and watch and 20 more connect"
)
SILENT, REFUSED, RATE_OF_OPENS = 5_000, 2_000, 500.0
LEAST_SHARE = 0.04
USERS, NEWCOMERS, RATE = 50, 20, 10.0
QUIET_S, LEAST_QUIET_S = 15.0, 3.0
AGE_S, LOOK_S = 6.0, 15.0
KEY, SECRET = "server-key-0123456789", "a secret of thirty-two bytes, or more"


def measure(scale: float) -> Mapping[str, float]:
    """1: 7,000 sockets, about a minute."""
    return asyncio.run(_measure(scale))


def problems(figures: Mapping[str, float]) -> list[str]:
    found = []
    if figures["oldest_silent_s"] > AGE_S or figures["oldest_refused_s"] > AGE_S:
        found.append(f"a socket without a user lived longer than {AGE_S:.0f} s")
    if figures["failed_requests"] or figures["stale_screens"] or figures["real_users_lost"]:
        found.append("real users were not served")
    if figures["tracebacks"]:
        found.append("a traceback was written")
    return found


@dataclass(slots=True)
class Crowd:
    """How old its sockets became, and how many of them were not let in at all."""

    ages_s: list[float] = field(default_factory=list)
    refused: int = 0

    async def open(self, address: str, packet: str) -> None:
        try:
            socket = await open_bare(address)
        except (OSError, asyncio.IncompleteReadError):
            self.refused += 1
            return
        try:
            if packet:
                socket.send(packet)
            self.ages_s.append(await socket.age_at_end_s(LOOK_S))
        finally:
            socket.abort()

    async def come(self, count: int, address: str, packet: str) -> None:
        """One after another at a fixed rate, whatever becomes of those before."""
        began_s = time.monotonic()
        opened = []
        for n in range(count):
            await asyncio.sleep(max(0.0, began_s + n / RATE_OF_OPENS - time.monotonic()))
            opened.append(asyncio.create_task(self.open(address, packet)))
        await asyncio.gather(*opened)


async def _measure(scale: float) -> Mapping[str, float]:
    settings = {"server_keys": KEY, "token_secret": SECRET, **CROWDED}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        async with (
            aside(running_redis_server(path)) as redis,
            aside(running_worker(path, "api-1", redis_url=redis.url, **settings)) as worker,
        ):
            return await _flood(worker, scale)


async def _flood(worker: WorkerProcess, scale: float) -> Mapping[str, float]:
    rng, address, share = random.Random(14), worker.url, max(LEAST_SHARE, scale)
    users = [f"u{n}" for n in range(USERS)]
    screens = _with_tokens(users, rng)
    late = _with_tokens([f"late{n}" for n in range(NEWCOMERS)], rng)
    acts = Acts(users, [address], screens.acted, rng, {"X-Api-Key": KEY})
    silent, refused = Crowd(), Crowd()
    async with screens.watching([address]):
        async with acts.going_on(RATE):
            await asyncio.sleep(max(LEAST_QUIET_S, QUIET_S * scale))
            flooded_s = time.monotonic()
            await asyncio.gather(
                silent.come(round(SILENT * share), address, ""),
                refused.come(round(REFUSED * share), address, '40{"token":"a.b.c"}'),
                _connect(late, address),
            )
        await screens.settle(10.0)
        lost = sum(screen.turn != n for n, screen in enumerate(screens.all))
    before = [each for each in screens.shown if each.acted_s < flooded_s]
    during = [each for each in screens.shown if each.acted_s >= flooded_s]
    return {
        "silent": len(silent.ages_s),
        "oldest_silent_s": round(max(silent.ages_s, default=0.0), 2),
        "refused": len(refused.ages_s),
        "oldest_refused_s": round(max(refused.ages_s, default=0.0), 2),
        "not_let_in": silent.refused + refused.refused,
        "acts": acts.tally.sent,
        "failed_requests": acts.tally.failed,
        "p99_before_s": round(quantile_s(before, 0.99), 4),
        "p99_s": round(quantile_s(during, 0.99), 4),
        "real_users_lost": lost,
        "stale_screens": screens.behind(),
        "tracebacks": worker.log.read_text().count("Traceback"),
    }


async def _connect(late: Screens, address: str) -> None:
    """In the midst of it; fails when one of them is not let in."""
    async with late.watching([address]):
        pass


def _with_tokens(users: list[str], rng: random.Random) -> Screens:
    expires_s = int(time.time()) + 3_600
    tokens = [
        {"sub": user, "aud": "tandem", "iat": expires_s - 3_600, "exp": expires_s} for user in users
    ]
    screens = Screens([{"token": jwt.encode(claims, SECRET)} for claims in tokens], rng)
    for user, screen in zip(users, screens.all, strict=True):
        screens.of(user, screen)
    return screens
