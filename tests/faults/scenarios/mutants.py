"""Mistakes planted in the record script: how long the comparison with the model takes to find each."""

import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from hypothesis import seed, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test
from redis.exceptions import RedisError

from store.keys import Keys
from tests.redis_server import running_redis_server
from tests.store.machine import SMALL, machine_in
from tests.store.mutants import MUTANTS, SEARCH, Mutant, planted
from tests.store.server import Server

PROMISES = "P4, P5"
WHAT = "five mistakes planted in the record script, each searched for by random histories from several seeds"
SEARCHES_EACH = 10
# With 60 histories, as the quick test has them, one search of fifty ended before it found `half_write`.
LONG_SEARCH = settings(SEARCH, max_examples=600)


def measure(scale: float) -> dict[str, float]:
    """Searches for each mistake from as many seeds as the scale asks for, one at least."""
    seeds = range(1, max(1, round(SEARCHES_EACH * scale)) + 1)
    figures: dict[str, float] = {"searches": len(MUTANTS) * len(seeds), "found": 0}
    with (
        TemporaryDirectory() as folder,
        running_redis_server(Path(folder), "--appendonly", "no") as redis,
    ):
        for name, mutant in MUTANTS.items():
            took_s = [_seconds_to_find(mutant, Server(redis.url), number) for number in seeds]
            found_s = [each for each in took_s if each is not None]
            figures["found"] += len(found_s)
            if found_s:
                figures[f"{name}_median_s"] = round(median(found_s), 2)
                figures[f"{name}_slowest_s"] = round(max(found_s), 2)
    return figures


def problems(figures: dict[str, float]) -> list[str]:
    """A comparison that lets a mistake pass proves nothing."""
    missed = figures["searches"] - figures["found"]
    return [f"{missed:g} searches did not find the planted mistake"] if missed else []


def _seconds_to_find(mutant: Mutant, server: Server, number: int) -> float | None:
    """None where it was not found."""
    machine = seed(number)(machine_in(server, SMALL, Keys(), planted(mutant)))
    began = time.monotonic()
    try:
        run_state_machine_as_test(machine, settings=LONG_SEARCH)
    except (AssertionError, RedisError, Flaky):
        return time.monotonic() - began
    return None
