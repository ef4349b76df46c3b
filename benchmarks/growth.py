"""Whether a list, an event and its memory cost more in a large shop than in a small one.

    .venv/bin/python -m benchmarks.growth [--sizes 10000:100000,100000:1000000,1000000:10000000] [--json FILE]

Each size is ITEMS:EVENTS, views of visitors of five items each (Zipf popularity), recorded by the service's own code
into a real Redis without persistence. Then lists are made in this process for users with five recent items, with cold
caches (the first list of a user whose items nobody has asked for lately) and warm ones (the same user's next).
Last, days of the same traffic go by, to show that memory stops growing when expiry balances arrival.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from redis import Redis as SyncRedis
from redis.asyncio import Redis

from benchmarks.load import Load
from benchmarks.private_redis import private_redis
from benchmarks.results import end_with, keep
from service.bootstrap import Tandem, open_recommender
from service.model import NewEvent, Query
from service.settings import Settings
from store.keys import DAY_MS, Keys
from tests.store.dump import age

SIZES = "10000:100000,100000:1000000,1000000:10000000"
RECENT = 5
GROUP = 500
CALLERS = 4
PATIENCE_S = 60.0
LISTS = 400
SAMPLED = 100
COST_SHARE = 0.1  # the record cost is that of the last tenth
GATE_LIST, GATE_RECORD, GATE_BYTES, GATE_PLATEAU = 1.3, 1.2, 450.0, 1.05
DAYS, DAILY_EVENTS, TTL_DAYS = 16, 20_000, 2
START_MS = 1_760_054_400_000


def visitors(load: Load, events: int) -> Iterator[list[NewEvent]]:
    """Groups of events: visitors come one after another, and each views so many items."""
    for start in range(0, events, GROUP):
        items = load.item_numbers(min(GROUP, events - start))
        yield [
            NewEvent(f"v{(start + n) // RECENT}", f"i{item}", "view", event_id=f"{start + n:x}")
            for n, item in enumerate(items)
        ]


async def record(tandem: Tandem, groups: Iterator[list[NewEvent]]) -> int:
    """Sends groups, some at a time; how many events were recorded."""
    recorded = 0

    async def caller() -> None:
        nonlocal recorded
        for group in groups:
            recorded += len(group)
            began_s = time.perf_counter()
            # What was not answered in time is sent again: its id says whether it was recorded.
            while group:
                answers = await tandem.recommender.record(group, as_of_event=True)
                problems = [answer.problem for answer in answers]
                group = [e for e, problem in zip(group, problems, strict=True) if problem]
                if group and time.perf_counter() - began_s > PATIENCE_S:
                    sys.exit(f"events are not taken: {next(filter(None, problems))}")

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return recorded


async def us_an_event(redis: Redis, events: int) -> float:
    """Redis time since the statistics were reset."""
    stats = await redis.info("commandstats")
    return float(stats["cmdstat_evalsha"]["usec"]) / events


async def list_ms(tandem: Tandem, users: list[str]) -> tuple[float, float]:
    """The middle time of a cold list and of a warm one."""
    cold: list[float] = []
    warm: list[float] = []
    for user in users:
        tandem.recommender.forget()
        tandem.recommender._parts.near_cache._held.clear()  # nor what could spare reading numbers anew
        for times in (cold, warm):
            began = time.perf_counter()
            await tandem.recommender.recommend(Query(user, limit=20), fresh=True)
            times.append((time.perf_counter() - began) * 1000)
    return median(cold), median(warm)


def components(url: str, events: int) -> dict[str, float]:
    """Bytes an event of each family of keys, from every hundredth key of it."""
    count: Counter[str] = Counter()
    sampled: dict[str, list[str]] = {}
    with SyncRedis.from_url(url, decode_responses=True) as redis:
        for key in redis.scan_iter(count=10_000):
            family = key.removeprefix(Keys().tag(0)).removeprefix(Keys().prefix).partition(":")[0]
            if count[family] % SAMPLED == 0:
                sampled.setdefault(family, []).append(key)
            count[family] += 1
        found = {}
        for family, keys in sampled.items():
            bytes_of = [redis.memory_usage(key, samples=0) or 0 for key in keys]
            found[family] = sum(bytes_of) / len(keys) * count[family] / events
    return dict(sorted(found.items(), key=lambda row: -row[1]))


async def measure(url: str, items: int, events: int) -> dict[str, Any]:
    load, redis = Load(np.random.default_rng(7), items=items), Redis.from_url(url)
    empty = (await redis.info("memory"))["used_memory"]
    async with open_recommender(Settings(redis_url=url, learn_rate=0)) as tandem:
        groups = list(visitors(load, events))
        last = max(1, round(len(groups) * COST_SHARE))
        began = time.perf_counter()
        await record(tandem, iter(groups[:-last]))
        await redis.config_resetstat()
        recorded = await record(tandem, iter(groups[-last:]))
        cost_us = await us_an_event(redis, recorded)
        took_s = time.perf_counter() - began
        used = (await redis.info("memory"))["used_memory"]
        rng = np.random.default_rng(8)
        users = [f"v{rng.integers(0, events // RECENT)}" for _ in range(LISTS)]
        cold_ms, warm_ms = await list_ms(tandem, users)
    await redis.aclose()
    return {
        "items": items,
        "events": events,
        "events_per_s": events / took_s,
        "record_us": cost_us,
        "bytes_an_event": (used - empty) / events,
        "components": components(url, events),
        "cold_list_ms": cold_ms,
        "warm_list_ms": warm_ms,
    }


async def plateau(url: str) -> dict[str, float]:
    """Memory after each day of the same traffic, when an event counts for two days. Days pass by ageing all keys."""
    load, now_ms = Load(np.random.default_rng(7), items=DAILY_EVENTS // 10), [START_MS]
    settings = Settings(redis_url=url, learn_rate=0, event_ttl_s=TTL_DAYS * DAY_MS // 1000)
    used = []
    async with open_recommender(settings, lambda: now_ms[0]) as tandem:
        for day in range(DAYS):
            for group in visitors(load, DAILY_EVENTS):
                now_ms[0] += DAY_MS * len(group) // DAILY_EVENTS
                await tandem.recommender.record([_on(day, event) for event in group])
            with SyncRedis.from_url(url, decode_responses=True) as outside:
                age(outside, settings.key_prefix, DAY_MS)
                used.append(outside.info("memory")["used_memory"])
    return {
        "days": DAYS,
        "ttl_days": TTL_DAYS,
        "bytes_after_the_first": used[0],
        "bytes_after_the_last": used[-1],
        # At the same time of a generation: what is held rises while one lasts, and falls when the one before goes.
        "last_to_middle": used[-1] / used[DAYS // 2 - 1],
    }


def _on(day: int, event: NewEvent) -> NewEvent:
    """Another visitor's on each day."""
    return replace(event, event_id=f"{day}-{event.event_id}", user_id=f"{event.user_id}-{day}")


def run(sizes: list[tuple[int, int]]) -> dict[str, Any]:
    found: dict[str, Any] = {"sizes": []}
    for items, events in sizes:
        with private_redis() as url:
            found["sizes"].append(asyncio.run(measure(url, items, events)))
        print(json.dumps(found["sizes"][-1]), flush=True)
    with private_redis() as url:
        found["plateau"] = asyncio.run(plateau(url))
    small, large = found["sizes"][0], found["sizes"][-1]
    for name in ("warm_list_ms", "cold_list_ms", "record_us"):
        found[f"{name}_ratio"] = large[name] / small[name]
    return found


def missed(figures: dict[str, Any]) -> list[str]:
    """Which gates."""
    gates = (
        ("warm_list_ms_ratio", figures["warm_list_ms_ratio"], GATE_LIST),
        ("record_us_ratio", figures["record_us_ratio"], GATE_RECORD),
        ("bytes_an_event", figures["sizes"][-1]["bytes_an_event"], GATE_BYTES),
        ("last_to_middle", figures["plateau"]["last_to_middle"], GATE_PLATEAU),
    )
    return [f"{name} {value:.3g}, not {gate:g}" for name, value, gate in gates if value > gate]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default=SIZES)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    sizes = [tuple(map(int, size.split(":"))) for size in arguments.sizes.split(",")]
    figures = run([(items, events) for items, events in sizes])
    keep(arguments.json, "growth", figures)
    print(json.dumps({name: v for name, v in figures.items() if name != "sizes"}))
    end_with(missed(figures))


if __name__ == "__main__":
    main()
