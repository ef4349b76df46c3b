"""The primary is lost and a replica takes its place: in strict mode everything acknowledged is there."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

from tests.faults.audit import AMISS, amiss, audit
from tests.faults.ledger import Ledger
from tests.faults.mortal import mortal_fleet
from tests.faults.proxy import Kind
from tests.faults.rounds import in_rounds
from tests.faults.sentinels import Node, Replicated, replicated, start
from tests.faults.writers import Writers

PROMISES = "P3, P4, P5"
WHAT = (
    "three sentinels, a primary and two replicas, TANDEM_WAIT_REPLICAS=1: the primary is killed, "
    "killed after its replicas or one of them were cut off, or stands still and comes back; the same without waiting "
    "for replicas (`unconfirmed`, TANDEM_KEPT_EVENTS=200000); as a control that too with TANDEM_KEPT_EVENTS=0, so "
    "that nothing is written again"
)

SEED = 20_267
ROUNDS = 4
REPLICAS = 2
WORKERS = 2
OUTAGE_S = 5.0
PATIENCE_S = 60.0
BEFORE_S = (1.5, 2.5)
CUT_OFF_S = (1.0, 2.0)
BETWEEN_FAILOVERS_S = 6.0  # sentinels wait for twice their failover-timeout
CLIENTS = (1,) * 16 + (44,) * 8
# Sentinels now and then depose a primary that is busy with its replicas too: at full rate more is acknowledged by then
# than a worker keeps by default.
KEPT_EVENTS = 200_000


def measure(scale: float) -> dict[str, float]:
    """Two failovers a round at least; in the control, one in which both replicas lag."""
    faults = FAULTS[: max(2, round(len(FAULTS) * min(1.0, ROUNDS * scale)))]
    strict = partial(one_round, faults=faults, wait_replicas=1)
    unconfirmed = in_rounds(1, SEED, partial(one_round, faults=faults, kept_events=KEPT_EVENTS))
    control = in_rounds(1, SEED, partial(one_round, faults=FAULTS[:1], kept_events=0))
    return {
        **in_rounds(max(1, round(ROUNDS * scale)), SEED, strict),
        **{f"unconfirmed_{name}": unconfirmed[name] for name in ("failovers", *AMISS)},
        "control_lost": control["lost"],
    }


async def one_round(
    folder: Path, seed: int, faults: Sequence["Fault"], **settings: int
) -> dict[str, float]:
    rng, ledger = random.Random(seed), Ledger(seed)
    outages_s = []
    async with replicated(folder / "redis", REPLICAS) as servers:
        async with (
            mortal_fleet(folder / "workers", WORKERS, redis_url=servers.url, **settings) as fleet,
            Writers(ledger, lambda: fleet.urls).running(*CLIENTS),
        ):
            for fault in faults:
                await asyncio.sleep(rng.uniform(*BEFORE_S))
                outages_s.append(await _fail_over(servers, ledger, fault, rng))
                await asyncio.sleep(BETWEEN_FAILOVERS_S)
        await servers.settled()
        primary = await asyncio.to_thread(servers.primary)
        found = await asyncio.to_thread(audit, primary.redis.url, ledger)
    return {
        "failovers": len(outages_s),
        **found.figures(),
        "answered_as_duplicates": ledger.said_duplicate,
        "refused_as_not_replicated": ledger.problems["not_replicated"],
        "swapped_answers": ledger.swapped,
        "outages_too_long": sum(outage_s > OUTAGE_S for outage_s in outages_s),
        "longest_outage_s": round(max(outages_s), 2),
    }


Fault = Callable[[Replicated, Node, random.Random], Awaitable[Callable[[Node], None]]]


async def killed(
    _servers: Replicated, primary: Node, _rng: random.Random
) -> Callable[[Node], None]:
    primary.redis.kill()
    return partial(start, primary)


async def cut_off(
    _servers: Replicated, primary: Node, rng: random.Random
) -> Callable[[Node], None]:
    """Its replicas get nothing more from it, for a while, and then it is killed."""
    primary.proxy.black_hole(only=Kind.REPLICA)
    await asyncio.sleep(rng.uniform(*CUT_OFF_S))
    primary.redis.kill()
    return partial(start, primary)


async def one_lags(
    servers: Replicated, primary: Node, rng: random.Random
) -> Callable[[Node], None]:
    """One replica stands still for a while, so that it has less than the other."""
    lagging = rng.choice(await asyncio.to_thread(servers.replicas)).redis
    lagging.freeze()
    await asyncio.sleep(rng.uniform(*CUT_OFF_S))
    primary.redis.kill()
    lagging.thaw()
    return partial(start, primary)


async def one_cut_off(
    _servers: Replicated, primary: Node, rng: random.Random
) -> Callable[[Node], None]:
    """One replica gets nothing more, and the other confirms. Which of the two is promoted is as it may be."""
    primary.proxy.black_hole(only=Kind.REPLICA, first=1)
    await asyncio.sleep(rng.uniform(*CUT_OFF_S))
    primary.redis.kill()
    return partial(start, primary)


async def stands_still(
    _servers: Replicated, primary: Node, _rng: random.Random
) -> Callable[[Node], None]:
    """It comes back after another has taken its place, and does not know of it."""
    primary.redis.freeze()
    return lambda _new: primary.redis.thaw()


FAULTS: tuple[Fault, ...] = (cut_off, killed, one_lags, one_cut_off, stands_still)


async def _fail_over(
    servers: Replicated, ledger: Ledger, fault: Fault, rng: random.Random
) -> float:
    """How long nothing was acknowledged, in seconds; returns when all follow the new primary."""
    old = await asyncio.to_thread(servers.primary)
    bring_back = await fault(servers, old, rng)
    lost_at = time.monotonic()
    new = await servers.other_primary(old)
    await _until_acknowledged(ledger, time.monotonic())
    old.proxy.repair()
    await asyncio.to_thread(bring_back, new)
    await servers.settled()
    times = [lost_at, *sorted(at for at in ledger.acknowledged.values() if at > lost_at)]
    return max(later - earlier for earlier, later in pairwise(times))


async def _until_acknowledged(ledger: Ledger, after: float) -> None:
    """Returns when an event has been acknowledged after that time."""
    async with asyncio.timeout(PATIENCE_S):
        while max(ledger.acknowledged.values(), default=0.0) <= after:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.05)


def problems(figures: Mapping[str, float]) -> list[str]:
    unconfirmed = (f"unconfirmed_{name}" for name in AMISS)
    broken = amiss(figures, *AMISS, "swapped_answers", *unconfirmed)
    if not figures["control_lost"]:
        broken.append("the control has lost nothing: its failover was none")
    if figures["longest_outage_s"] > OUTAGE_S:
        broken.append(f"an outage of {figures['longest_outage_s']:g} s, longer than {OUTAGE_S:g} s")
    return broken
