"""What a rebuild does to those who ask meanwhile: one worker, real Redis with AOF always, load from here.

    .venv/bin/python -m benchmarks.rebuild [--events 200000] [--rate 50] [--seconds 20] [--fsync always] [--json FILE]

Lists are asked for over HTTP at a fixed rate (open loop), first for a while without a rebuild, then for as long as one
takes. Timed from when a request was due, so that one that has to wait for others counts in full. With
`--fsync everysec` nobody waits for the disk, to which a rebuild writes.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from aiohttp import ClientSession, TCPConnector

from benchmarks.near_cache import Load
from benchmarks.private_redis import private_redis
from benchmarks.worker import worker

GATE_RATIO, GATE_P99_MS = 3.0, 50.0
BATCH = 500
BOUGHT = 5  # one event in so many is a purchase
USERS = 2_000  # each has a list made at the end of a rebuild
POLL_S = 0.2


@dataclass(slots=True)
class Asked:
    """How long lists took, in ms."""

    latency_ms: list[float] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        return float(np.percentile(self.latency_ms, share))


async def fill(http: ClientSession, address: str, load: Load, count: int) -> None:
    """A history of views and purchases."""
    for _ in range(count // BATCH):
        batch = [
            {
                "user_id": f"u{int(event.user_id[1:]) % USERS}",
                "item_id": event.item_id,
                "type": "view" if n % BOUGHT else "purchase",
            }
            for n, event in enumerate(load.events(BATCH))
        ]
        async with http.post(f"{address}/events", json=batch) as answer:
            answer.raise_for_status()


async def ask(http: ClientSession, address: str, user: str, due: float, asked: Asked) -> None:
    url = f"{address}/realtime-recommend"
    async with http.get(url, params={"user_id": user}) as answer:
        await answer.read()
        answer.raise_for_status()
    asked.latency_ms.append((time.perf_counter() - due) * 1000)


async def ask_while(
    http: ClientSession, address: str, rate: int, goes_on: Callable[[], bool]
) -> Asked:
    """Each request is sent when it is due, whether or not earlier ones are answered."""
    asked, rng = Asked(), np.random.default_rng(3)
    running: set[asyncio.Task[None]] = set()
    began, count = time.perf_counter(), 0
    while goes_on():
        due = began + count / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        user = f"u{rng.integers(0, USERS)}"
        task = asyncio.create_task(ask(http, address, user, due, asked))
        running.add(task)
        task.add_done_callback(running.discard)
        count += 1
    await asyncio.gather(*running)
    return asked


async def rebuilt(http: ClientSession, address: str) -> float:
    """Runs a rebuild; how long it took, in s."""
    async with http.post(f"{address}/admin/update-all-recommendations") as answer:
        job = await answer.json()
    while job["state"] == "running":
        await asyncio.sleep(POLL_S)
        async with http.get(f"{address}/admin/jobs/{job['job_id']}") as answer:
            job = await answer.json()
    if job["state"] != "done":
        sys.exit(f"the rebuild has {job['state']}: {job['error']}")
    return float(job["finished_at"] - job["started_at"]) / 1000


async def run(address: str, events: int, rate: int, seconds: int) -> dict[str, float]:
    async with ClientSession(connector=TCPConnector(limit=0)) as http:
        await fill(http, address, Load(np.random.default_rng(11)), events)
        end = time.perf_counter() + 2 * seconds
        await ask_while(http, address, rate, lambda: time.perf_counter() < end - seconds)  # warm-up
        before = await ask_while(http, address, rate, lambda: time.perf_counter() < end)
        rebuilding = asyncio.create_task(rebuilt(http, address))
        during = await ask_while(http, address, rate, lambda: not rebuilding.done())
    return {
        "rebuild_s": await rebuilding,
        "lists": len(during.latency_ms),
        "p50_before_ms": before.percentile(50),
        "p99_before_ms": before.percentile(99),
        "p50_ms": during.percentile(50),
        "p99_ms": during.percentile(99),
        "ratio": during.percentile(99) / before.percentile(99),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--fsync", choices=("always", "everysec"), default="always")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with private_redis("--appendonly", "yes", "--appendfsync", arguments.fsync) as url:
        environment = {"TANDEM_REDIS_URL": url, "TANDEM_REBUILD_INTERVAL_S": "0"}
        with worker("web.app:app_from_environment", environment) as address:
            figures = asyncio.run(run(address, arguments.events, arguments.rate, arguments.seconds))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2))
    print(*(f"{name} {value:.4g}" for name, value in figures.items()), sep="   ")
    passed = figures["ratio"] <= GATE_RATIO and figures["p99_ms"] <= GATE_P99_MS
    gate = f"gate p99 {GATE_RATIO:g} times that without a rebuild, {GATE_P99_MS:g} ms"
    print(f"{gate}: {'pass' if passed else 'FAIL'}")
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
