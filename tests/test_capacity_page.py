"""The plans on the page are what the measured costs come to."""

import pytest

from benchmarks.capacity import (
    GIB,
    SHOWN,
    Costs,
    Traffic,
    life_days,
    measured,
    peak_per_s,
    primaries,
    redis_bytes,
    redis_cores,
    tables,
    worker_cores,
)

COSTS = Costs(
    bytes_an_event={"history": 50.0, "ids": 30.0, "pairs": 20.0, "popular": 8.0, "meta": 1.0},
    bytes_an_item=1_000.0,
    bytes_a_socket=50_000.0,
    event_us=100.0,
    list_us=1_000.0,
    pushed_event_us=3_000.0,
    redis_event_us=60.0,
    redis_list_us=20.0,
)
SHOP = Traffic("a shop", 86_400.0, 100.0, 10.0, event_ttl_days=10, peak=6, lists=0.5, connected=0.5)


def test_the_tables_are_what_the_measured_costs_come_to() -> None:
    assert SHOWN.read() == tables()


def test_every_family_that_was_measured_has_a_life_or_does_not_grow() -> None:
    steady = {"meta", "totals", "recorded", "models", "weights"}
    growing = {name for name in measured().bytes_an_event if not life_days(name, 14)}
    assert growing <= steady


def test_memory_is_what_lives_times_how_long() -> None:
    assert redis_bytes(COSTS, SHOP) == 86_400 * (50 * 10 + 30 * 3 + 20 * 20 + 8 * 2) + 100 * 1_000


def test_cores_are_the_peak_times_the_cost_at_the_load_that_is_allowed() -> None:
    assert peak_per_s(SHOP) == 6
    worker_us = 0.5 * 3_000 + 0.5 * 100 + 0.5 * 1_000
    assert worker_cores(COSTS, SHOP) == pytest.approx(6 * worker_us / 1e6 / 0.6)
    assert redis_cores(COSTS, SHOP) == pytest.approx(6 * (60 + 1.0 * 20) / 1e6 / 0.6)


def test_there_are_primaries_enough_for_memory_and_for_time() -> None:
    assert primaries(COSTS, SHOP, gib_each=redis_bytes(COSTS, SHOP) / 0.7 / GIB / 2.5) == 3
    busy = Traffic("busy", 86_400.0 * 100_000, 0.0, 0.0, peak=1, event_ttl_days=0)
    assert primaries(COSTS, busy, gib_each=1e9) == round(redis_cores(COSTS, busy) + 0.5)
