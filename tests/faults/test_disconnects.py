"""A short run of the scenario."""

import pytest

from tests.faults.scenarios import disconnects

pytestmark = pytest.mark.real_redis


def test_clients_that_go_away_take_nothing_from_others_and_what_they_sent_counts_once() -> None:
    figures = disconnects.measure(scale=0.05)
    assert disconnects.problems(figures) == []
    assert figures["disconnects"] >= 500
    assert figures["recorded_of_the_vanished"] > 0
