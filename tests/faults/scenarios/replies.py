"""Replies of Redis are lost after the script has run: the retry finds what was recorded, and counts nothing again."""

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from store.keys import Keys
from tests.faults.audit import AMISS, amiss, audit
from tests.faults.ledger import Ledger
from tests.faults.mortal import mortal_fleet, mortal_redis
from tests.faults.proxy import fault_proxy
from tests.faults.rounds import in_rounds
from tests.faults.writers import Writers
from tests.fleet import FACTORY

PROMISES = "P4"
WHAT = (
    "the link is cut after the record script has run and before its reply arrives, every third time; "
    "as a control the same with a script that does not look for known ids"
)

SEED = 20_262
DROPS = 10_000
ROUNDS = 4
CONTROL_DROPS = 50
EVERY = 3
RECORDS = b"\r\nwt\r\n"  # the flags of an event, which only the record script is given
PARTITIONS = 32  # so many calls under way, so many replies to lose
CLIENTS = (1,) * 60 + (11,) * 4
WITHOUT_DEDUPE = "tests.faults.undeduped:app_from_environment"


def measure(scale: float) -> dict[str, float]:
    rounds = max(1, round(ROUNDS * scale))
    drops = round(DROPS * scale / rounds)
    figures = in_rounds(rounds, SEED, partial(one_round, drops=drops, factory=FACTORY))
    naive = partial(one_round, drops=CONTROL_DROPS, factory=WITHOUT_DEDUPE)
    control = in_rounds(1, SEED, naive)
    return figures | {
        "control_dropped_replies": control["dropped_replies"],
        "control_doubled": control["doubled"],
    }


async def one_round(folder: Path, seed: int, drops: int, factory: str) -> dict[str, float]:
    ledger, keys = Ledger(seed), Keys(partitions=PARTITIONS)
    with mortal_redis(folder / "redis") as redis:
        async with fault_proxy(redis.port) as proxy:
            settings = {"redis_url": proxy.url, "partitions": PARTITIONS, "learn_rate": 0}
            async with (
                mortal_fleet(folder / "workers", 1, factory, **settings) as fleet,
                Writers(ledger, lambda: fleet.urls).running(*CLIENTS),
            ):
                proxy.drop_replies(drops, every=EVERY, to=RECORDS)
                while proxy.dropped < drops:  # noqa: ASYNC110 - it counts, and tells nobody
                    await asyncio.sleep(0.05)
        found = await asyncio.to_thread(audit, redis.url, ledger, keys)
    return {
        "dropped_replies": proxy.dropped,
        **found.figures(),
        "answered_as_duplicates": ledger.said_duplicate,
        "swapped_answers": ledger.swapped,
    }


def problems(figures: Mapping[str, float]) -> list[str]:
    broken = amiss(figures, *AMISS, "swapped_answers")
    if not figures["control_doubled"]:
        broken.append("the control shows no doubles: the audit would not see them")
    return broken
