"""Power cuts: Redis ends and what was not synced is gone. With `always` nothing acknowledged is."""

import asyncio
import random
import time
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from redis import Redis

from store.keys import DAY_MS, Keys
from tests.faults.audit import amiss, audit
from tests.faults.ledger import Ledger
from tests.faults.mortal import MortalRedis, mortal_fleet
from tests.faults.power import NO_REWRITE, PowerSupply, compile_shim
from tests.faults.rounds import in_rounds
from tests.faults.writers import Writers

PROMISES = "P2, P5"
WHAT = (
    "power cuts, simulated: kill -9 of Redis, and its file is truncated to what was synced; "
    "with appendfsync always, and with everysec, which is stated to lose up to 2 s"
)

SEED = 20_263
ROUNDS = 5
CUTS = 10  # of a round
BETWEEN_S = (0.3, 1.6)
EVERYSEC_LOSS_S = 2.0
CLIENTS = (1,) * 8 + (44,) * 4


def measure(scale: float) -> dict[str, float]:
    rounds, share = max(1, round(ROUNDS * scale)), min(1.0, ROUNDS * scale)
    figures: dict[str, float] = {}
    for policy in ("always", "everysec"):
        cut = partial(one_round, policy=policy, cuts=max(1, round(CUTS * share)))
        found = in_rounds(rounds, SEED, cut)
        figures |= {f"{policy}_{name}": value for name, value in found.items()}
    return figures


async def one_round(folder: Path, seed: int, policy: str, cuts: int) -> dict[str, float]:
    rng, ledger = random.Random(seed), Ledger(seed)
    (folder / "redis").mkdir()
    redis = MortalRedis(folder / "redis", "--appendfsync", policy, *NO_REWRITE)
    supply = PowerSupply(redis, compile_shim(folder))
    bytes_gone, oldest_s, lost = 0, 0.0, set[str]()
    supply.on()
    try:
        async with mortal_fleet(folder / "workers", 1, redis_url=redis.url) as fleet:
            async with Writers(ledger, lambda: fleet.urls).running(*CLIENTS):
                for _ in range(cuts):
                    await asyncio.sleep(rng.uniform(*BETWEEN_S))
                    cut_at = time.monotonic()
                    bytes_gone += await asyncio.to_thread(supply.cut)
                    acknowledged = dict(ledger.acknowledged)
                    await asyncio.to_thread(supply.on)
                    gone = await asyncio.to_thread(_missing, redis.url, acknowledged) - lost
                    lost |= gone
                    oldest_s = max(oldest_s, *(cut_at - acknowledged[name] for name in gone), 0.0)
        found = await asyncio.to_thread(audit, redis.url, ledger)
    finally:
        redis.kill()
    return {
        "cuts": cuts,
        "unsynced_bytes_gone": bytes_gone,
        **{name: found.figures()[name] for name in ("acknowledged", "lost", "doubled", "partial")},
        "oldest_lost_s": round(oldest_s, 2),
    }


def _missing(url: str, event_ids: Iterable[str]) -> set[str]:
    """Those of these events whose id Redis does not know."""
    keys, today = Keys(), time.time_ns() // 1_000_000 // DAY_MS
    users: dict[str, list[str]] = {}
    for event_id in event_ids:
        users.setdefault(event_id.rpartition("-")[0], []).append(event_id)
    with Redis.from_url(url, decode_responses=True) as redis:
        pipe = redis.pipeline(transaction=False)
        for user in users:
            pipe.hkeys(keys.ids(user, today))
            pipe.hkeys(keys.ids(user, today - 1))
        known = {event_id for answer in pipe.execute() for event_id in answer}
    return set(event_ids) - known


def problems(figures: Mapping[str, float]) -> list[str]:
    broken = amiss(figures, "always_lost", "always_doubled", "always_partial")
    broken += amiss(figures, "everysec_doubled", "everysec_partial")
    if figures["everysec_oldest_lost_s"] > EVERYSEC_LOSS_S:
        broken.append(f"everysec lost {figures['everysec_oldest_lost_s']:g} s")
    if not figures["everysec_unsynced_bytes_gone"]:
        broken.append("no cut has taken anything away: this was no power cut")
    return broken
