"""Lists over HTTP on one worker: their rate, beside a FastAPI route that does nothing, and their latency at half of it.

    .venv/bin/python -m benchmarks.recommend [--seconds 2] [--rounds 7] [--recent 1,5,20] [--json FILE]

Each of 1,000 users has the same number of recent items in a shop of 10,000 (Zipf) with 100,000 views of the last day,
in sessions of five; 20 results without reasons, no result cache. `warm`:
neighbour lists are kept for a minute, so that none is read in a round; `default`: for a second at least, as the service
does. The workers take turns under wrk (Debian's package) in the same run; the middle of the rounds' ratios counts, and
of their latencies: those of an open loop at half the rate, timed from when a request was due. `noop_p99_ms` is that of
the route that does nothing, asked as often.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import ClientSession, TCPConnector

from benchmarks.growth import record
from benchmarks.load import BATCH, Load, ask_while
from benchmarks.private_redis import private_redis
from benchmarks.results import end_with, keep
from benchmarks.worker import NOOP, worker
from benchmarks.wrk import requests_per_s, require_wrk
from service.bootstrap import open_recommender
from service.model import NewEvent
from service.settings import Settings

USERS = 1_000
ITEMS = 10_000
HISTORY_EVENTS = 100_000
CONNECTIONS = 32
SCRIPT = Path(__file__).with_name("lists.wrk.lua")
STRATEGIES = ("balanced", "fast")
RECENT = "1,5,20"
SERVICE = "web.app:app_from_environment"
HOUR_MS = 3_600_000
UNSAVED = {"TANDEM_DURABILITY": "none"}  # only reads are timed
GATES = {"balanced": 0.15, "fast": 0.3}
GATE_P99_MS = 12.0
AGES = {"warm": "60", "default": "1"}


def lists_per_s(address: str, seconds: int, strategy: str, reasons: str = "false") -> float:
    return requests_per_s(address, seconds, CONNECTIONS, SCRIPT, str(USERS), strategy, reasons)


async def fill(url: str, recent: int) -> None:
    """A history of others and the models made from it, then of each of the users so many different items."""
    load = Load(np.random.default_rng(11), items=ITEMS)
    settings = Settings(redis_url=url, durability="none", learn_rate=0)
    async with open_recommender(settings) as tandem:
        history = load.history(HISTORY_EVENTS, int(time.time() * 1000) - HOUR_MS, 23 * HOUR_MS)
        await record(tandem, (history[n : n + BATCH] for n in range(0, len(history), BATCH)))
        await tandem.jobs.run_to_end()
        for user in range(USERS):
            await tandem.recommender.record(_acts(load, f"r{user}", recent))


def _acts(load: Load, user: str, count: int) -> list[NewEvent]:
    items: dict[int, None] = {}
    while len(items) < count:
        items |= dict.fromkeys(load.item_numbers(count))
    return [NewEvent(user, f"i{item}", "view") for item in [*items][:count]]


async def latency_ms(address: str, strategy: str, rate: float, seconds: int) -> float:
    """The 99th percentile at that rate."""
    url, end = f"{address}/realtime-recommend", time.perf_counter() + seconds
    async with ClientSession(connector=TCPConnector(limit=0)) as http:
        asked = await ask_while(
            http,
            url,
            rate,
            lambda: time.perf_counter() < end,
            USERS,
            "r",
            strategy=strategy,
            reasons="false",
        )
    return asked.percentile(99)


def rounds_of(address: str, noop: str, rounds: int, seconds: int, strategy: str) -> dict[str, Any]:
    """Rates of both in turn, their ratios, and the latency at half the middle rate."""
    lists_per_s(address, 2, strategy)  # warm
    pairs = [
        (lists_per_s(noop, seconds, strategy), lists_per_s(address, seconds, strategy))
        for _ in range(rounds)
    ]
    rate = statistics.median(lists for _, lists in pairs)
    p99s_ms = [asyncio.run(latency_ms(address, strategy, rate / 2, seconds)) for _ in pairs]
    return {
        "lists_per_s": rate,
        "noop_per_s": statistics.median(noops for noops, _ in pairs),
        "ratio": statistics.median(lists / noops for noops, lists in pairs),
        "ratio_least": min(lists / noops for noops, lists in pairs),
        "ratio_most": max(lists / noops for noops, lists in pairs),
        "p99_at_half_ms": statistics.median(p99s_ms),
        "p99_least_ms": min(p99s_ms),
        "p99_most_ms": max(p99s_ms),
        "noop_p99_ms": asyncio.run(latency_ms(noop, strategy, rate / 2, seconds)),
    }


def run(seconds: int, rounds: int, recents: list[int]) -> dict[str, dict[str, Any]]:
    """By recent items, age of neighbour lists and strategy."""
    found = {}
    for recent in recents:
        with private_redis() as url:
            base = {"TANDEM_REDIS_URL": url, "TANDEM_REBUILD_INTERVAL_S": "0"} | UNSAVED
            asyncio.run(fill(url, recent))
            for age, age_s in AGES.items():
                more = {"TANDEM_RESULT_CACHE": "false", "TANDEM_NEIGHBOURS_MAX_AGE_S": age_s}
                with (
                    worker(SERVICE, base | more) as address,
                    worker(NOOP, {}) as noop,
                ):
                    for strategy in STRATEGIES:
                        case = rounds_of(address, noop, rounds, seconds, strategy)
                        found[f"{strategy}, {recent} recent, {age}"] = case
                        print(f"{strategy:9} {recent:2} recent {age:8}", *_said(case), flush=True)
    return found


def _said(case: Mapping[str, float]) -> list[str]:
    return [f"{name} {value:.3g}" for name, value in case.items()]


def missed(figures: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Which gates: with 5 recent items and warm caches."""
    found = []
    for strategy, least in GATES.items():
        case = figures.get(f"{strategy}, 5 recent, warm")
        if case is None:
            continue
        if case["ratio"] < least:
            found.append(f"{strategy}: {case['ratio']:.2f} x, not {least} x")
        if case["p99_at_half_ms"] > GATE_P99_MS:
            found.append(f"{strategy}: p99 {case['p99_at_half_ms']:.1f} ms, not {GATE_P99_MS:g} ms")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--recent", default=RECENT, help="numbers of recent items")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    require_wrk()
    recents = [int(recent) for recent in arguments.recent.split(",")]
    figures = run(arguments.seconds, arguments.rounds, recents)
    keep(arguments.json, "recommend", figures)
    end_with(missed(figures))


if __name__ == "__main__":
    main()
