"""A deploy is not noticed by those who act, read and watch."""

import pytest

from tests.faults.bounds import broken
from tests.faults.scenarios import drains

pytestmark = [pytest.mark.real_redis, pytest.mark.nginx]


def test_workers_that_are_drained_in_turn_fail_no_request_and_leave_no_screen_stale() -> None:
    figures = drains.measure(0.1)
    assert broken("drains", figures) == [], figures
