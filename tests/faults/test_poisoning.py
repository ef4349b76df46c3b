"""Poisoning, short: the command runs it in full."""

import pytest

from tests.faults.scenarios import poisoning

pytestmark = pytest.mark.real_redis


def test_one_user_moves_no_more_than_one_user_may() -> None:
    figures = poisoning.measure(0.05)
    assert poisoning.problems(figures) == []
    assert figures["undo_users"] == 10
    assert figures["undo_lists_moved_before"] > 0
