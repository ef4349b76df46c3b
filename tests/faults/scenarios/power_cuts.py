"""Power cuts: Redis ends and what was not synced is gone. With `always` nothing acknowledged is."""

import asyncio
import random
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from redis import Redis

from store.keys import DAY_MS, Keys
from tests.faults.audit import amiss, audit
from tests.faults.ledger import Ledger
from tests.faults.mortal import mortal_fleet, mortal_redis
from tests.faults.power import NO_REWRITE, PowerSupply, compile_shim
from tests.faults.rounds import in_rounds
from tests.faults.writers import Writers

PROMISES = "P2, P5"
WHAT = (
    "power cuts, simulated: kill -9 of Redis, and its file is truncated to what was synced; with "
    "appendfsync always, and with everysec, both with TANDEM_KEPT_EVENTS=0, so that nothing is "
    "written again; then everysec as the service runs (`written_again`)"
)

SEED = 20_263
ROUNDS = 5
CUTS = 10  # of a round
CLIENTS = (1,) * 8 + (44,) * 4


@dataclass(frozen=True, slots=True)
class Way:
    """How Redis and the worker run, and how long it is from one cut to the next."""

    policy: str
    kept_events: int
    between_s: tuple[float, float]


WAYS = {
    "always": Way("always", 0, (0.3, 1.6)),
    "everysec": Way("everysec", 0, (0.3, 6.0)),
    "written_again": Way("everysec", 20_000, (0.3, 1.6)),
}


def measure(scale: float) -> dict[str, float]:
    rounds, share = max(1, round(ROUNDS * scale)), min(1.0, ROUNDS * scale)
    figures: dict[str, float] = {}
    for name, way in WAYS.items():
        cut = partial(one_round, way=way, cuts=max(1, round(CUTS * share)))
        found = in_rounds(rounds, SEED, cut)
        figures |= {f"{name}_{figure}": value for figure, value in found.items()}
    return figures


async def one_round(folder: Path, seed: int, way: Way, cuts: int) -> dict[str, float]:
    ledger = Ledger(seed)
    settings = {"kept_events": way.kept_events, "durability": "everysec"}
    with mortal_redis(folder / "redis", "--appendfsync", way.policy, *NO_REWRITE) as redis:
        supply = PowerSupply(redis, compile_shim(folder))
        redis.kill()
        supply.on()
        async with (
            mortal_fleet(folder / "workers", 1, redis_url=redis.url, **settings) as fleet,
            Writers(ledger, lambda: fleet.urls).running(*CLIENTS),
        ):
            gone = await _cut_often(supply, redis.url, ledger, cuts, way.between_s)
        found = (await asyncio.to_thread(audit, redis.url, ledger)).figures()
    return {
        "cuts": cuts,
        "unsynced_bytes_gone": gone.unsynced_bytes,
        **{name: found[name] for name in ("acknowledged", "lost", "doubled", "partial")},
        "oldest_lost_s": round(gone.oldest_s, 2),
    }


@dataclass(slots=True)
class Gone:
    """What power cuts have taken: bytes, events, and how long before its cut the oldest was acknowledged."""

    unsynced_bytes: int = 0
    events: set[str] = field(default_factory=set)
    oldest_s: float = 0.0


async def _cut_often(
    supply: PowerSupply, url: str, ledger: Ledger, cuts: int, between_s: tuple[float, float]
) -> Gone:
    rng, gone = random.Random(ledger.seed), Gone()
    for _ in range(cuts):
        await asyncio.sleep(rng.uniform(*between_s))
        cut_at = time.monotonic()
        gone.unsynced_bytes += await asyncio.to_thread(supply.cut)
        acknowledged = dict(ledger.acknowledged)
        await asyncio.to_thread(supply.on)
        events = await asyncio.to_thread(_missing, url, acknowledged) - gone.events
        gone.events |= events
        gone.oldest_s = max(gone.oldest_s, *(cut_at - acknowledged[name] for name in events), 0.0)
    return gone


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
    broken += amiss(figures, "written_again_lost", "written_again_doubled", "written_again_partial")
    if not figures["everysec_lost"]:
        broken.append("no cut has taken anything away: this was no power cut")
    return broken
