"""A short run of the scenario."""

import pytest

from tests.faults.bounds import broken
from tests.faults.scenarios import failovers

pytestmark = pytest.mark.real_redis


# Open: of 44 failovers two have lost events, of which one replica of two had confirmed each.
@pytest.mark.xfail(strict=False, reason="WAIT 1 of two is no majority: docs/durability.md")
def test_in_strict_mode_a_failover_loses_nothing_that_was_acknowledged() -> None:
    figures = failovers.measure(scale=0.1)
    assert broken("failovers", figures) == []
    assert figures["failovers"] == 2
