"""The links on which workers hear of changes break in every way, while users act and their screens are open."""

import asyncio
import random
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis

from store.keys import Keys
from tests.faults.acts import Acts
from tests.faults.aside import aside
from tests.faults.crowded import CROWDED
from tests.faults.proxy import FaultProxy, Kind, Way, fault_proxy
from tests.faults.screens import Screens, Shown, one_screen_each, quantile_s
from tests.fleet import running_workers
from tests.redis_server import running_redis_server

PROMISES = "P6, P9"
WHAT = (
    "Two workers with a screen a user; the workers' pub/sub links are killed, black-holed, made deaf, left half open "
    "and closed by Redis for a 33 MB message, while users act"
)
SOCKETS, RATE, LEAST_RATE = 2_000, 50.0, 10.0
NORMAL_S, OUTAGE_S, AFTER_S = 30.0, 8.0, 10.0
LEAST_SOCKETS, LEAST_OUTAGE_S = 100, 5.0
SETTLE_S = 15.0
WORKERS = 2
LARGE = 33 * 2**20
P99_S, HEALED_S = 0.5, 10.0


@dataclass(frozen=True, slots=True)
class Span:
    """When a fault began, how long it lasted, and when the next began."""

    name: str
    began_s: float
    outage_s: float
    ended_s: float

    def of(self, shown: Sequence[Shown]) -> list[Shown]:
        return [each for each in shown if self.began_s <= each.acted_s < self.ended_s]

    def worst_s(self, shown: Sequence[Shown]) -> float:
        return max((each.waited_s for each in self.of(shown)), default=0.0)


def measure(scale: float) -> Mapping[str, float]:
    """1: 2,000 sockets, about two minutes."""
    return asyncio.run(_measure(scale))


def problems(figures: Mapping[str, float]) -> list[str]:
    found = []
    if figures["stale_screens"]:
        found.append("screens stayed stale")
    if figures["normal_p99_s"] > P99_S:
        found.append(f"p99 over {P99_S} s in normal times")
    if figures["worst_beyond_outage_s"] > HEALED_S:
        found.append(f"a screen was stale for longer than the outage and {HEALED_S:.0f} s")
    if figures["acts_not_shown"]:
        found.append("acts were never shown")
    if min(figures["links_killed"], figures["links_flooded"]) < WORKERS:
        found.append("the fault did not hit every worker")
    return found


async def _measure(scale: float) -> Mapping[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        async with (
            aside(running_redis_server(path)) as redis,
            fault_proxy(redis.port) as proxy,
            aside(
                running_workers(path, ("api-1", "api-2"), redis_url=proxy.url, **CROWDED)
            ) as workers,
            Redis.from_url(redis.url, decode_responses=True) as outside,
        ):
            addresses = [worker.url for worker in workers]
            return await _break_links(scale, proxy, outside, addresses)


async def _break_links(
    scale: float, proxy: FaultProxy, redis: Redis, addresses: Sequence[str]
) -> Mapping[str, float]:
    rng = random.Random(6)
    users = [f"u{n}" for n in range(max(LEAST_SOCKETS, round(SOCKETS * scale)))]
    screens = one_screen_each(users, rng)
    acts = Acts(users, addresses, screens.acted, rng)
    links = Links(proxy, redis)
    async with screens.watching(addresses):
        async with acts.going_on(max(LEAST_RATE, RATE * scale)):
            spans = await _spans(scale, links)
        await screens.settle(SETTLE_S)
    revisions = await _revisions(redis, users)
    stale = sum(s.revision != r for s, r in zip(screens.all, revisions, strict=True))
    return {
        "sockets": len(users),
        "acts": acts.tally.sent,
        "links_killed": links.killed,
        "links_flooded": links.flooded,
        **_waits(spans, screens),
        "acts_not_shown": sum(len(screen.waiting) for screen in screens.all),
        "stale_screens": stale,
    }


def _waits(spans: Sequence[Span], screens: Screens) -> dict[str, float]:
    shown = screens.shown
    normal, *faults = spans
    return {
        "acts_shown": len(shown),
        "normal_p50_s": round(quantile_s(normal.of(shown), 0.5), 4),
        "normal_p99_s": round(quantile_s(normal.of(shown), 0.99), 4),
        **{f"worst_{span.name}_s": round(span.worst_s(shown), 3) for span in faults},
        "worst_beyond_outage_s": round(max(s.worst_s(shown) - s.outage_s for s in faults), 3),
    }


async def _spans(scale: float, links: "Links") -> list[Span]:
    outage_s, after_s = max(LEAST_OUTAGE_S, OUTAGE_S * scale), max(1.0, AFTER_S * scale)
    proxy, listener = links.proxy, Kind.LISTENER
    began_s = time.monotonic()
    await asyncio.sleep(max(2.0, NORMAL_S * scale))
    spans = [Span("normal", began_s, 0.0, time.monotonic())]

    async def during(name: str, outage_s: float, fault: Callable[[], object]) -> None:
        began_s = time.monotonic()
        fault()
        await asyncio.sleep(outage_s)
        proxy.repair()
        await asyncio.sleep(after_s)
        await links.whole()
        spans.append(Span(name, began_s, outage_s, time.monotonic()))

    await links.kill()
    await during("killed", 0.0, lambda: None)
    await during("black_hole", outage_s, lambda: proxy.black_hole(only=listener))
    await during("deaf", outage_s, lambda: proxy.black_hole(Way.REPLIES, only=listener))
    await during("half_open", 0.0, lambda: proxy.half_open(only=listener))
    await links.flood()
    await during("flooded", 0.0, lambda: None)
    return spans


class Links:
    """The pub/sub links as Redis sees them."""

    def __init__(self, proxy: FaultProxy, redis: Redis) -> None:
        self.proxy = proxy
        self.killed = 0
        self.flooded = 0
        self._redis = redis

    async def kill(self) -> None:
        self.killed = int(await self._redis.client_kill_filter(_type="pubsub"))

    async def whole(self) -> None:
        """Returns when every worker listens again."""
        async with asyncio.timeout(SETTLE_S):
            while len(await self._ids()) < WORKERS:  # noqa: ASYNC110 - Redis tells in no other way
                await asyncio.sleep(0.1)

    async def flood(self) -> None:
        """One message larger than Redis holds for a subscriber: it closes their links."""
        before = await self._ids()
        await self._redis.publish(Keys().changes, "x" * LARGE)
        await asyncio.sleep(0.5)
        self.flooded = len(before - await self._ids())

    async def _ids(self) -> set[str]:
        return {client["id"] for client in await self._redis.client_list(_type="pubsub")}


async def _revisions(redis: Redis, users: Sequence[str]) -> list[int]:
    async with redis.pipeline(transaction=False) as pipe:
        for user in users:
            pipe.hget(Keys().of_user("profile", user), "rev")
        return [int(revision or 0) for revision in await pipe.execute()]
