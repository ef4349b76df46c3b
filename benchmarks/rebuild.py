"""What a rebuild does to those who ask meanwhile: one worker, real Redis with AOF always, load from here.

    .venv/bin/python -m benchmarks.rebuild [--events 200000] [--rate 50] [--seconds 20] [--fsync always] [--json FILE]

Lists are asked for over HTTP at a fixed rate (open loop), first for a while without a rebuild, then for as long as one
takes. Timed from when a request was due, so that one that has to wait for others counts in full. With
`--fsync everysec` nobody waits for the disk, to which a rebuild writes.
"""

import argparse
import asyncio
import sys
import time
from pathlib import Path

import numpy as np
from aiohttp import ClientSession, TCPConnector

from benchmarks.load import Load, ask_while, body, send
from benchmarks.private_redis import private_redis
from benchmarks.results import keep
from benchmarks.worker import worker

GATE_RATIO, GATE_P99_MS = 3.0, 50.0
BOUGHT = 5  # one event in so many is a purchase
POLL_S = 0.2
USERS = 2_000  # half of them have a list made at the end of a rebuild


async def rebuilt(http: ClientSession, address: str) -> float:
    """Runs a rebuild, with the lists of recent users; how long it took, in s."""
    async with http.post(f"{address}/admin/update-all-recommendations") as answer:
        job = await answer.json()
    while job["state"] == "running":
        await asyncio.sleep(POLL_S)
        async with http.get(f"{address}/admin/jobs/{job['job_id']}") as answer:
            job = await answer.json()
    if job["state"] != "done":
        sys.exit(f"the rebuild has {job['state']}: {job['error']}")
    return float(job["finished_at"] - job["started_at"]) / 1000


def _kind(number: int) -> str:
    return "view" if number % BOUGHT else "purchase"


async def run(address: str, events: int, rate: int, seconds: int) -> dict[str, float]:
    async with ClientSession(connector=TCPConnector(limit=0)) as http:
        drawn = Load(np.random.default_rng(11), users=USERS).events(events)
        await send(http, address, [body(e, _kind(n)) for n, e in enumerate(drawn)])
        lists = f"{address}/realtime-recommend"
        end = time.perf_counter() + 2 * seconds
        await ask_while(
            http, lists, rate, lambda: time.perf_counter() < end - seconds, USERS
        )  # warm-up
        before = await ask_while(http, lists, rate, lambda: time.perf_counter() < end, USERS)
        rebuilding = asyncio.create_task(rebuilt(http, address))
        during = await ask_while(http, lists, rate, lambda: not rebuilding.done(), USERS)
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
    keep(arguments.json, "rebuild", figures)
    print(*(f"{name} {value:.4g}" for name, value in figures.items()), sep="   ")
    passed = figures["ratio"] <= GATE_RATIO and figures["p99_ms"] <= GATE_P99_MS
    gate = f"gate p99 {GATE_RATIO:g} times that without a rebuild, {GATE_P99_MS:g} ms"
    print(f"{gate}: {'pass' if passed else 'FAIL'}")
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
