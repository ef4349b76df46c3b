"""The store against a plain Python model of its rules, on a real Redis, compared after every step."""

import logging
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import invariant, run_state_machine_as_test
from redis.exceptions import RedisError

from store.keys import Keys
from store.recording import Limits
from tests.redis_server import running_redis_server
from tests.store.machine import SMALL, StoreMachine
from tests.store.server import Server

PROMISES = "P4, P5, P16"
WHAT = (
    "random histories (events, replays, reorders, two clients at once, expiry, erasure, broken keys, lost scripts) "
    "on Redis and on a model in plain Python, compared after every step"
)
STEPS = 100_000
WORLDS = ((SMALL, 1), (SMALL, 3), (Limits(), 1))
ROUND = settings(
    max_examples=20,
    stateful_step_count=40,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,),
    report_multiple_bugs=False,
)
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Tally:
    steps: int = 0
    histories: int = 0
    differences: int = 0


def measure(scale: float) -> dict[str, float]:
    """Rounds of histories, each round with a seed of its own, until there are steps enough."""
    tally, seeds = Tally(), count(1)
    # What is looked at is in memory: writing it to disk would only take time.
    with (
        TemporaryDirectory() as folder,
        running_redis_server(Path(folder), "--appendonly", "no") as redis,
    ):
        while tally.steps < STEPS * scale:
            _run_round(Server(redis.url), next(seeds), tally)
    return {
        "steps": tally.steps,
        "histories": tally.histories,
        "differences": tally.differences,
    }


def problems(figures: dict[str, float]) -> list[str]:
    """The model and the scripts are two readings of one page: any difference is one too many."""
    found = figures["differences"]
    return [f"{found:g} histories end differently on Redis and in the model"] if found else []


def _run_round(server: Server, number: int, tally: Tally) -> None:
    limits, partitions = WORLDS[number % len(WORLDS)]
    machine = seed(number)(_counted(server, limits, Keys(partitions=partitions), tally))
    try:
        run_state_machine_as_test(machine, settings=ROUND)
    except (AssertionError, RedisError, Flaky):
        log.exception("round %d", number)
        tally.differences += 1


def _counted(server: Server, limits: Limits, keys: Keys, tally: Tally) -> type[StoreMachine]:
    class Counted(StoreMachine):
        def __init__(self) -> None:
            super().__init__(server, limits, keys)
            tally.histories += 1
            tally.steps -= 1  # both are compared before the first step too

        @invariant()
        def a_step_is_done(self) -> None:
            tally.steps += 1

    return Counted
