"""Redis falls silent, then away for minutes, while two workers go on answering."""

import asyncio
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import redis
from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from tests.faults.mortal import MortalRedis, mortal_redis
from tests.fleet import running_workers

PROMISES = "P8, P9, P10"
WHAT = (
    "Redis is silent (SIGSTOP) for 10 s and gone (kill -9) for 5 minutes, under 100 reads and 40 events a second "
    "at two workers"
)
SILENT_S, GONE_S = 10.0, 300.0
READS_PER_S, EVENTS_PER_S = 100, 40
USERS, ITEMS = 200, 300
CALM_S = 5.0  # of load before, between and after the faults
REQUEST_LIMIT_S, BACK_LIMIT_S = 2.5, 3.0
PATIENCE = ClientTimeout(total=10)


@dataclass(slots=True)
class Seen:
    """What the callers saw."""

    reads: int = 0
    stale_reads: int = 0
    empty_stale_reads: int = 0
    reads_not_answered: int = 0
    events_acknowledged: int = 0
    events_refused: int = 0
    unnamed_refusals: int = 0
    slowest_read_s: float = 0.0
    slowest_event_s: float = 0.0
    last_refusal: float = 0.0
    acknowledged: set[tuple[str, str]] = field(default_factory=set)


class Load:
    """Sends reads and events at a fixed rate to both workers in turn (open loop)."""

    def __init__(self, http: ClientSession, addresses: list[str], seen: Seen) -> None:
        self._http = http
        self._addresses = addresses
        self._seen = seen
        self._rng = Random(7)
        self._sent = 0
        self._running: set[asyncio.Task[None]] = set()

    async def run(self, seconds: float) -> None:
        """For so long; what is under way then is waited for by the next run, or by `settle`."""
        began, per_s = time.monotonic(), READS_PER_S + EVENTS_PER_S
        for number in range(int(seconds * per_s)):
            await asyncio.sleep(max(0.0, began + number / per_s - time.monotonic()))
            reads = self._rng.random() < READS_PER_S / per_s
            task = asyncio.create_task(self._read() if reads else self._act())
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def settle(self) -> None:
        await asyncio.gather(*self._running)

    async def _read(self) -> None:
        began, seen = time.monotonic(), self._seen
        seen.reads += 1
        question = {"user_id": self._user(), "limit": 10}
        try:
            async with self._http.post(f"{self._next()}/realtime-recommend", json=question) as got:
                body = await got.json()
                if got.status != 200:
                    seen.reads_not_answered += 1
                else:
                    seen.stale_reads += body["stale"]
                    seen.empty_stale_reads += body["stale"] and not body["items"]
        except (ClientError, TimeoutError):
            seen.reads_not_answered += 1
        seen.slowest_read_s = max(seen.slowest_read_s, time.monotonic() - began)

    async def _act(self) -> None:
        began, seen = time.monotonic(), self._seen
        self._sent += 1
        user, event_id = self._user(), f"e{self._sent}"
        event = {"user_id": user, "item_id": self._item(), "type": "view", "event_id": event_id}
        try:
            async with self._http.post(f"{self._next()}/event", json=event) as got:
                body = await got.json()
                if got.status == 202:
                    seen.events_acknowledged += 1
                    seen.acknowledged.add((user, event_id))
                else:
                    seen.events_refused += 1
                    seen.last_refusal = time.monotonic()
                    named = got.status == 503 and "Retry-After" in got.headers and body.get("code")
                    seen.unnamed_refusals += not named
        except (ClientError, TimeoutError):
            seen.unnamed_refusals += 1
        seen.slowest_event_s = max(seen.slowest_event_s, time.monotonic() - began)

    def _user(self) -> str:
        return f"u{self._rng.randrange(USERS)}"

    def _item(self) -> str:
        return f"i{int(ITEMS * self._rng.random() ** 2)}"

    def _next(self) -> str:
        return self._rng.choice(self._addresses)


def measure(scale: float) -> Mapping[str, float]:
    """The faults are shortened in proportion, but for the silence, which must outlast every timeout."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        store = stack.enter_context(mortal_redis(Path(name)))
        workers = stack.enter_context(
            running_workers(
                Path(name), ("api-1", "api-2"), redis_url=store.url, rebuild_interval_s=0
            )
        )
        addresses = [worker.url for worker in workers]
        return asyncio.run(_measure(store, addresses, GONE_S * scale))


async def _measure(store: MortalRedis, addresses: list[str], gone_s: float) -> Mapping[str, float]:
    seen = Seen()
    async with ClientSession(timeout=PATIENCE, connector=TCPConnector(limit=0)) as http:
        load = Load(http, addresses, seen)
        await load.run(CALM_S)
        await _everybody_looks(http, addresses)
        store.freeze()
        await load.run(SILENT_S)
        store.thaw()
        after_silence_s = await _time_until_back(load, seen)
        store.kill()
        await load.run(gone_s)
        await asyncio.to_thread(store.start)
        after_absence_s = await _time_until_back(load, seen)
        await load.settle()
    return {
        "reads": seen.reads,
        "reads_not_answered": seen.reads_not_answered,
        "stale_reads": seen.stale_reads,
        "empty_stale_reads": seen.empty_stale_reads,
        "events_acknowledged": seen.events_acknowledged,
        "events_refused": seen.events_refused,
        "unnamed_refusals": seen.unnamed_refusals,
        "acknowledged_events_lost": _missing(store.url, seen),
        "slowest_read_s": round(seen.slowest_read_s, 3),
        "slowest_event_s": round(seen.slowest_event_s, 3),
        "back_after_silence_s": round(after_silence_s, 2),
        "back_after_absence_s": round(after_absence_s, 2),
    }


async def _everybody_looks(http: ClientSession, addresses: list[str]) -> None:
    for address in addresses:
        for number in range(USERS):
            question = {"user_id": f"u{number}"}
            async with http.get(f"{address}/realtime-recommend", params=question) as got:
                await got.read()


async def _time_until_back(load: Load, seen: Seen) -> float:
    """After the repair: how long after it the last event was refused, in s."""
    repaired = time.monotonic()
    await load.run(CALM_S)
    return max(0.0, seen.last_refusal - repaired)


def _missing(url: str, seen: Seen) -> int:
    """How many acknowledged events are not in their user's history."""
    with redis.Redis.from_url(url, decode_responses=True) as client:
        held = {
            (user, member.split("|")[0])
            for user in {user for user, _ in seen.acknowledged}
            for member in client.zrange(f"tandem:{{0}}:history:{user}", 0, -1)
        }
    return len(_newest(seen) - held)


def _newest(seen: Seen) -> set[tuple[str, str]]:
    """The last 100 of each user: a history keeps 200."""
    of_user: dict[str, list[str]] = {}
    for user, event_id in sorted(seen.acknowledged, key=lambda pair: int(pair[1][1:])):
        of_user.setdefault(user, []).append(event_id)
    return {(user, event_id) for user, ids in of_user.items() for event_id in ids[-100:]}


def problems(figures: Mapping[str, float]) -> list[str]:
    found = []
    for name in ("reads_not_answered", "empty_stale_reads", "unnamed_refusals"):
        if figures[name]:
            found.append(f"{name.replace('_', ' ')}: {figures[name]:g}")
    if figures["acknowledged_events_lost"]:
        found.append("acknowledged events were lost")
    if not figures["stale_reads"] or not figures["events_refused"]:
        found.append("the outage was not felt")
    if max(figures["slowest_read_s"], figures["slowest_event_s"]) > REQUEST_LIMIT_S:
        found.append(f"a request took more than {REQUEST_LIMIT_S:g} s")
    if max(figures["back_after_silence_s"], figures["back_after_absence_s"]) > BACK_LIMIT_S:
        found.append(f"it took more than {BACK_LIMIT_S:g} s to be back")
    return found
