"""What keeping neighbour lists fresh costs a worker, with Zipf popularity over 100,000 items.

    .venv/bin/python -m benchmarks.near_cache [--seconds 20] [--json FILE]

Two worker processes share one private redis-server, 500 events/s and 200 recommendations/s between them. Each worker
logs what its caches read during the run; afterwards the very same reads are repeated alone, and the processor time
that they take, over the length of the run, is the share of a core that refreshes cost.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.load import Load
from benchmarks.private_redis import private_redis
from benchmarks.results import keep
from service.bootstrap import Tandem, open_recommender
from service.errors import ServiceError
from service.model import NewEvent, Query
from service.neighbourhoods import Neighbourhood
from service.settings import Settings

WORKERS = 2
EVENTS_PER_S, LISTS_PER_S = 500, 200
HISTORY_EVENTS = 200_000
GATE_SHARE = 0.25


@dataclass(slots=True)
class Watched:
    """What one worker's caches read, how old the lists were that it served, and broken promises."""

    neighbour_reads: list[list[str]] = field(default_factory=list)
    posting_reads: list[list[str]] = field(default_factory=list)
    session_reads: list[list[str]] = field(default_factory=list)
    ages_ms: list[int] = field(default_factory=list)
    invisible_acts: int = 0
    stale: int = 0
    lists: int = 0
    latencies_ms: list[float] = field(default_factory=list)


def caches(tandem: Tandem) -> tuple[Any, Any]:
    """The near cache and the session neighbours, with their insides open to the benchmark."""
    sources = tandem.recommender._parts.lists._sources
    return sources.near_cache, sources.sessions


def watch(tandem: Tandem, watched: Watched) -> None:
    """Hooks into the two caches' reads and notes the age of each list served from memory."""
    near_cache, sessions = caches(tandem)
    young = near_cache._young

    def noted(item: str, now_ms: int, step: int) -> Neighbourhood | None:
        found: Neighbourhood | None = young(item, now_ms, step)
        if found is not None:
            watched.ages_ms.append(now_ms - found.read_ms)
        return found

    near_cache._young = noted
    note_reads(near_cache._reads, watched.neighbour_reads)
    note_reads(sessions._posting_reads, watched.posting_reads)
    note_reads(sessions._session_reads, watched.session_reads)


def note_reads(batches: Any, noted: list[list[str]]) -> None:
    handler = batches._handler

    async def noting(items: list[str]) -> Sequence[object]:
        noted.append(items)
        answers: Sequence[object] = await handler(items)
        return answers

    batches._handler = noting


async def act(tandem: Tandem, event: NewEvent) -> None:
    await tandem.recommender.record([event])


async def act_and_ask(tandem: Tandem, event: NewEvent, watched: Watched) -> None:
    """An act and, at once, the list of the same user, which must rest on that act."""
    answer = (await tandem.recommender.record([event]))[0]
    began = time.perf_counter()
    made = await tandem.recommender.recommend(Query(event.user_id, limit=20))
    watched.latencies_ms.append((time.perf_counter() - began) * 1000)
    watched.lists += 1
    watched.stale += made.stale  # it says so: there was no time to read
    watched.invisible_acts += made.revision < answer.revision and not made.stale


async def drive(tandem: Tandem, load: Load, watched: Watched, seconds: int) -> None:
    """Open loop: every act is started at its time, whether or not earlier ones are done."""
    per_s, asks = EVENTS_PER_S // WORKERS, LISTS_PER_S // WORKERS
    running: set[asyncio.Task[None]] = set()
    began = time.perf_counter()
    for n, event in enumerate(load.events(per_s * seconds)):
        await asyncio.sleep(max(0.0, began + n / per_s - time.perf_counter()))
        asking = n * asks // per_s != (n + 1) * asks // per_s
        work = act_and_ask(tandem, event, watched) if asking else act(tandem, event)
        task = asyncio.create_task(work)
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.gather(*running)


async def repeat_reads(tandem: Tandem, watched: Watched) -> float:
    """Processor seconds of the logged reads, alone."""
    near_cache, sessions = caches(tandem)
    began = time.process_time()
    for items in watched.neighbour_reads:
        await near_cache._read(items)
    for items in watched.posting_reads:
        await sessions._read_missed_postings(items)
    for names in watched.session_reads:
        await sessions._read_named_sessions(names)
    return time.process_time() - began


async def work(url: str, partitions: int, seed: int, seconds: int) -> dict[str, float]:
    settings = Settings(redis_url=url, partitions=partitions, result_cache=False)
    watched, load = Watched(), Load(np.random.default_rng(seed))
    async with open_recommender(settings) as tandem:
        watch(tandem, watched)
        began = time.process_time()
        await drive(tandem, load, watched, seconds)
        all_s = time.process_time() - began
    async with open_recommender(settings) as tandem:
        spent_s = await repeat_reads(tandem, watched)
    return {
        "core_share": spent_s / seconds,
        "core_share_of_all_work": all_s / seconds,
        "refreshed_per_s": sum(map(len, watched.neighbour_reads)) / seconds,
        "postings_per_s": sum(map(len, watched.posting_reads)) / seconds,
        "sessions_per_s": sum(map(len, watched.session_reads)) / seconds,
        "invisible_acts": watched.invisible_acts,
        "lists": watched.lists,
        "stale_lists": watched.stale,
        "staleness_p99_ms": float(np.percentile(watched.ages_ms, 99)),
        "list_p50_ms": float(np.percentile(watched.latencies_ms, 50)),
        "list_p99_ms": float(np.percentile(watched.latencies_ms, 99)),
    }


def worker(url: str, partitions: int, seed: int, seconds: int) -> dict[str, float]:
    try:
        return asyncio.run(work(url, partitions, seed, seconds))
    except ServiceError as error:  # does not travel between processes
        raise RuntimeError(f"{error.code}: {error.detail}") from None


async def fill(url: str, partitions: int) -> None:
    """A history before the run, so that lists have their usual length."""
    load = Load(np.random.default_rng(0))
    async with open_recommender(Settings(redis_url=url, partitions=partitions)) as tandem:
        for _ in range(HISTORY_EVENTS // 2_000):
            await tandem.recommender.record(load.events(2_000))


def run(partitions: int, seconds: int) -> list[dict[str, float]]:
    with private_redis() as url:
        asyncio.run(fill(url, partitions))
        with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
            jobs = [pool.submit(worker, url, partitions, 1 + n, seconds) for n in range(WORKERS)]
            return [job.result() for job in jobs]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    figures = {partitions: run(partitions, arguments.seconds) for partitions in (1, 8)}
    for partitions, workers in figures.items():
        for number, row in enumerate(workers):
            print(
                f"partitions {partitions} worker {number}:",
                *(f"{k} {v:.3g}" for k, v in row.items()),
                sep="  ",
            )
    keep(arguments.json, "near_cache", figures)
    worst = max(row["core_share"] for row in figures[1])
    invisible = sum(row["invisible_acts"] for workers in figures.values() for row in workers)
    print(
        f"refreshes: {worst:.1%} of a core, gate {GATE_SHARE:.0%}; acts not visible at once: {invisible:.0f}"
    )
    sys.exit(0 if worst <= GATE_SHARE and not invisible else 1)


if __name__ == "__main__":
    main()
