"""A short run of the scenario."""

import pytest

from tests.faults.scenarios import replies

pytestmark = pytest.mark.real_redis


def test_a_lost_reply_counts_nothing_twice_and_without_dedupe_it_would() -> None:
    figures = replies.measure(scale=0.02)
    assert replies.problems(figures) == []
    assert figures["dropped_replies"] >= 200
    assert figures["answered_as_duplicates"] > 0
