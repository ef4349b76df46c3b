"""One round of the scenario."""

import pytest

from tests.faults.bounds import broken
from tests.faults.scenarios import server_states

pytestmark = pytest.mark.real_redis


def test_a_redis_that_does_not_serve_is_said_so_in_time_and_leaves_nothing_by_half() -> None:
    figures = server_states.measure(scale=0)
    assert broken("server_states", figures) == []
    assert figures["refused"] > 0
