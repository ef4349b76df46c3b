"""What one event costs Redis: time in the record script and memory, on real clicks and on baskets.

    .venv/bin/python benchmarks/record.py --data ../shared/data/diginetica/train.tsv.gz [--events N] [--json FILE]

Starts a private redis-server (persistence off: only the script is measured) and reads its own
`commandstats` and `used_memory`, so that neither the network nor Python is in the figures.
"""

import argparse
import asyncio
import gzip
import random
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from redis.asyncio import Redis

from benchmarks.private_redis import private_redis
from benchmarks.results import keep
from store.events import DEFAULT_EVENT_TYPES, Event, type_table
from store.keys import DAY_MS, Keys
from store.recording import EventStore, Limits
from store.script import load_scripts

GROUP = 50
START_MS = 1_760_000_000_000
VIEW_GATE_US = 80
PURCHASE_GATE_US = 400
MEMORY_GATE_BYTES = 450


def clicks(path: Path, events: int) -> Iterator[Event]:
    """Clicks of the SR-GNN split: one user a session, spread evenly over ten days."""
    step_ms = 10 * DAY_MS // events
    with gzip.open(path, "rt") as lines:
        next(lines)
        for n, line in enumerate(islice(lines, events)):
            session, _, item = line.split()
            at = START_MS + n * step_ms
            yield Event(f"u{session}", item, "view", f"{n:012x}", "k3xv09Qa", at, at, f"s{session}")


def baskets(rng: random.Random, count: int, size: int, items: int) -> Iterator[Event]:
    """Baskets of `size` distinct products with a popularity like a shop's."""
    n = 0
    for basket in range(count):
        chosen: dict[str, None] = {}
        while len(chosen) < size:
            chosen[f"p{int(items * rng.random() ** 3)}"] = None
        for item in chosen:
            n += 1
            at = START_MS + 11 * DAY_MS + n
            yield Event(f"b{basket}", item, "purchase", f"p{n:011x}", "k3xv09Qa", at, at)


async def measure(redis: Redis, store: EventStore, events: Iterator[Event]) -> dict[str, float]:
    """Feeds all events in groups and reads what they cost the server."""
    await redis.config_resetstat()
    before = await redis.info("memory")
    began, n = time.perf_counter(), 0
    while group := list(islice(events, GROUP)):
        n += len(group)
        answers = await store.record(group)
        if any(answer.outcome for answer in answers):
            sys.exit("an event was not recorded as new")
    took = time.perf_counter() - began
    stats = (await redis.info("commandstats"))["cmdstat_evalsha"]
    after = await redis.info("memory")
    return {
        "events": n,
        "us_per_event": stats["usec"] / n,
        "bytes_per_event": (after["used_memory"] - before["used_memory"]) / n,
        "events_per_s_one_client": n / took,
    }


async def run(url: str, data: Path, events: int) -> dict[str, dict[str, float]]:
    redis = Redis.from_url(url, decode_responses=True)
    store = EventStore(
        redis, Keys(), Limits(), type_table(DEFAULT_EVENT_TYPES), await load_scripts(redis)
    )
    views = await measure(redis, store, clicks(data, events))
    purchases = await measure(redis, store, baskets(random.Random(7), 400, 50, 2_000))
    await redis.aclose()
    return {"views": views, "purchases in 50-item baskets": purchases}


def verdict(figures: dict[str, dict[str, float]]) -> bool:
    """Prints each figure beside its gate; true when all are within."""
    views, purchases = figures["views"], figures["purchases in 50-item baskets"]
    rows = (
        ("us of Redis time a view", views["us_per_event"], VIEW_GATE_US),
        ("bytes an event", views["bytes_per_event"], MEMORY_GATE_BYTES),
        ("us of Redis time a purchase", purchases["us_per_event"], PURCHASE_GATE_US),
    )
    for name, value, gate in rows:
        print(f"{name:32} {value:8.1f}   gate {gate:4}   {'pass' if value <= gate else 'FAIL'}")
    return all(value <= gate for _, value, gate in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--events", type=int, default=900_000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with private_redis() as url:
        figures = asyncio.run(run(url, arguments.data, arguments.events))
    keep(arguments.json, "record", figures)
    sys.exit(0 if verdict(figures) else 1)


if __name__ == "__main__":
    main()
