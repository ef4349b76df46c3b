"""A short run of the scenario."""

import pytest

from tests.faults.scenarios import power_cuts

pytestmark = [pytest.mark.real_redis, pytest.mark.compiler]


def test_what_was_acknowledged_outlives_a_power_cut() -> None:
    assert power_cuts.problems(power_cuts.measure(scale=0.06)) == []
