"""Redis silent, then gone: lists go on, events are refused in time, and all is well again within seconds."""

import pytest

from tests.faults.bounds import broken
from tests.faults.scenarios import outage


@pytest.mark.real_redis
def test_reads_go_on_without_redis_and_nobody_waits_long() -> None:
    figures = outage.measure(0.02)
    assert broken("outage", figures) == [], figures
