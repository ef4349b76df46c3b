"""A short run of the scenario."""

import pytest

from tests.faults.bounds import broken
from tests.faults.scenarios import failovers

pytestmark = pytest.mark.real_redis


def test_a_failover_loses_nothing_that_was_acknowledged() -> None:
    figures = failovers.measure(scale=0.1)
    assert broken("failovers", figures) == []
    assert (figures["failovers"], figures["unconfirmed_failovers"]) == (2, 2)
