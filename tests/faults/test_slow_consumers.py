"""Sockets that read nothing cost a worker little, and not for long."""

import pytest

from tests.faults.bounds import broken
from tests.faults.scenarios import slow_consumers

pytestmark = pytest.mark.real_redis


def test_sockets_that_never_read_are_cut_and_harm_nobody() -> None:
    figures = slow_consumers.measure(0.1)
    assert broken("slow_consumers", figures) == [], figures
