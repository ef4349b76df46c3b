"""A short run of the scenario."""

import pytest

from tests.faults.scenarios import failovers

pytestmark = pytest.mark.real_redis


def test_in_strict_mode_a_failover_loses_nothing_that_was_acknowledged() -> None:
    figures = failovers.measure(scale=0.1)
    assert failovers.problems(figures) == []
    assert figures["failovers"] == 2
