"""Redis and workers are killed while clients send: what was acknowledged is counted, and counted once."""

import asyncio
import random
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from tests.faults.audit import AMISS, amiss, audit
from tests.faults.ledger import Ledger
from tests.faults.mortal import MortalFleet, MortalRedis, mortal_fleet, mortal_redis
from tests.faults.rounds import in_rounds
from tests.faults.writers import Writers

PROMISES = "P1, P4, P5"
WHAT = "kill -9 of Redis (appendfsync always) and of workers while clients send and retry by id"

SEED = 20_261
ROUNDS = 10
REDIS_KILLS = 11  # of a round
WORKER_KILLS = 6
WORKERS = 3
BETWEEN_REDIS_KILLS_S = (0.8, 2.4)
BETWEEN_WORKER_KILLS_S = (0.5, 2.0)
CLIENTS = (1,) * 12 + (44,) * 12


def measure(scale: float) -> dict[str, float]:
    rounds, share = max(1, round(ROUNDS * scale)), min(1.0, ROUNDS * scale)
    return in_rounds(rounds, SEED, partial(one_round, share=share))


async def one_round(folder: Path, seed: int, share: float) -> dict[str, float]:
    rng, ledger = random.Random(seed), Ledger(seed)
    redis_kills, worker_kills = (max(1, round(n * share)) for n in (REDIS_KILLS, WORKER_KILLS))
    with mortal_redis(folder / "redis") as redis:
        async with (
            mortal_fleet(folder / "workers", WORKERS, redis_url=redis.url) as fleet,
            Writers(ledger, lambda: fleet.urls).running(*CLIENTS),
        ):
            await asyncio.gather(
                _kill_redis(redis, redis_kills, rng), _kill_workers(fleet, worker_kills, rng)
            )
        found = await asyncio.to_thread(audit, redis.url, ledger)
    return {
        "redis_kills": redis_kills,
        "worker_kills": worker_kills,
        **found.figures(),
        "answered_as_duplicates": ledger.said_duplicate,
        "swapped_answers": ledger.swapped,
        "tracebacks": fleet.tracebacks,
        "longest_answer_s": round(ledger.longest_s, 2),
    }


async def _kill_redis(redis: MortalRedis, times: int, rng: random.Random) -> None:
    for _ in range(times):
        await asyncio.sleep(rng.uniform(*BETWEEN_REDIS_KILLS_S))
        await redis.die_and_return()


async def _kill_workers(fleet: MortalFleet, times: int, rng: random.Random) -> None:
    for _ in range(times):
        await asyncio.sleep(rng.uniform(*BETWEEN_WORKER_KILLS_S))
        await fleet.lose_one(rng)


def problems(figures: Mapping[str, float]) -> list[str]:
    return amiss(figures, *AMISS, "swapped_answers", "tracebacks")
