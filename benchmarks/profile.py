"""Where the microseconds of an event and of a list go: processor time of one worker under load, by part.

    .venv/bin/python -m benchmarks.profile [--seconds 8] [--json FILE]

Lists of 20 with reasons for users with five recent items, no result cache and else the service's own settings, and
single events on 256 connections (so that they are recorded in full groups), over HTTP under wrk; Redis with AOF always.
`benchmarks/sampled.py` does the counting. What Redis spends is on its own clock.
"""

import argparse
import asyncio
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from redis import Redis as SyncRedis

from benchmarks import ingest, recommend
from benchmarks.private_redis import SAVED, private_redis
from benchmarks.results import keep
from benchmarks.sampled import SERVER
from benchmarks.worker import worker_process
from benchmarks.wrk import requests_per_s, require_wrk

RECENT = 5
WRITTEN_S = 10.0
#: Files by what they are for; what none of these names is a part of its package's.
PARTS: Mapping[str, tuple[str, ...]] = {
    "the user's interest": ("service/people", "service/interest", "service/own_session"),
    "session neighbours": ("service/session_neighbours", "scoring/session_"),
    "evidence": (
        "service/evidence",
        "service/echo",
        "service/near_cache",
        "service/neighbourhoods",
    ),
    "ranking": (
        "service/ranking",
        "scoring/",
        "service/gate",
        "service/item_cache",
        "service/supports",
    ),
    "reasons": ("service/reasons",),
    "places of the list": ("service/presenting", "service/list_making", "web/wire/recommendations"),
    "checking and grouping events": (
        "service/recording",
        "service/event_checks",
        "service/batching",
    ),
    "Redis client": ("store/",),
    "HTTP of our own": ("web/",),
    "use cases": ("service/",),
    "uvicorn, event loop": (SERVER,),
}


def part_of(file: str) -> str:
    return next(part for part, starts in PARTS.items() if file.startswith(starts))


def by_part(samples: Mapping[str, int], microseconds: float) -> dict[str, float]:
    """So many shared out to the parts by their samples, the largest first."""
    found: Counter[str] = Counter()
    for file, count in samples.items():
        found[part_of(file)] += count
    return {part: microseconds * count / found.total() for part, count in found.most_common()}


def profiled(url: str, process: int, file: Path, load: Callable[[], float]) -> dict[str, float]:
    """Parts and sums of what so much load cost; `load` tells how many requests there were."""
    load()  # warm
    with SyncRedis.from_url(url, decode_responses=True) as redis:
        before = redis.info("cpu")
        os.kill(process, signal.SIGUSR1)
        requests = load()
        os.kill(process, signal.SIGUSR2)
        after = redis.info("cpu")
    deadline_s = time.monotonic() + WRITTEN_S
    while not file.exists() and time.monotonic() < deadline_s:
        time.sleep(0.05)
    sampled = json.loads(file.read_text())
    file.unlink()
    redis_s = sum(after[name] - before[name] for name in ("used_cpu_user", "used_cpu_sys"))
    parts = by_part(sampled["samples"], 1e6 * sampled["seconds"] / requests)
    return {**parts, "worker": sum(parts.values()), "Redis": 1e6 * redis_s / requests}


def run(seconds: int) -> dict[str, dict[str, float]]:
    found = {}
    with TemporaryDirectory() as folder, private_redis(*SAVED) as url:
        asyncio.run(recommend.fill(url, RECENT))
        file = Path(folder) / "samples.json"
        environment = {
            "TANDEM_REDIS_URL": url,
            "TANDEM_REBUILD_INTERVAL_S": "0",
            "TANDEM_RESULT_CACHE": "false",
            "SAMPLES_FILE": str(file),
        }
        with worker_process("benchmarks.sampled:create", environment) as (address, process):
            for strategy in recommend.STRATEGIES:

                def lists(strategy: str = strategy) -> float:
                    return seconds * recommend.lists_per_s(address, seconds, strategy, "true")

                found[f"a list of `{strategy}`"] = profiled(url, process.pid, file, lists)

            def events() -> float:
                return seconds * requests_per_s(address, seconds, ingest.CONNECTIONS, ingest.SCRIPT)

            found["an event"] = profiled(url, process.pid, file, events)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    require_wrk()
    figures = run(arguments.seconds)
    keep(arguments.json, "profile", figures)
    for name, parts in figures.items():
        print(f"{name}:", *(f"{part} {us:.0f}" for part, us in parts.items()), sep="   ")


if __name__ == "__main__":
    main()
