"""A short run of the scenario."""

import pytest

from tests.faults.scenarios import kills

pytestmark = pytest.mark.real_redis


def test_what_was_acknowledged_outlives_every_kill_and_counts_once() -> None:
    figures = kills.measure(scale=0.04)
    assert kills.problems(figures) == []
    assert figures["acknowledged"] > 1_000
