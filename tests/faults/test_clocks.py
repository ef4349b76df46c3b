"""A short run of the scenario."""

import pytest

from tests.faults.scenarios import clocks

pytestmark = [pytest.mark.real_redis, pytest.mark.faketime]


def test_workers_whose_clocks_differ_by_an_hour_count_each_event_once() -> None:
    figures = clocks.measure(scale=0.05)
    assert clocks.problems(figures) == []
