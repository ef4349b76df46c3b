"""Whatever happens to the links on which workers hear of changes, no screen stays stale."""

import pytest

from tests.faults.bounds import broken
from tests.faults.scenarios import push_links

pytestmark = pytest.mark.real_redis


def test_broken_links_leave_no_screen_stale() -> None:
    figures = push_links.measure(0.05)
    assert broken("push_links", figures) == [], figures
