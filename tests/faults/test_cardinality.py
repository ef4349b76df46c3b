"""Made-up ids, short: the command runs it in full."""

import pytest

from tests.faults.scenarios import cardinality

pytestmark = pytest.mark.real_redis


def test_made_up_ids_fill_no_more_than_the_caps_allow() -> None:
    figures = cardinality.measure(0.02)
    assert cardinality.problems(figures) == []
    assert figures["answered_429"] > 0
    assert figures["newcomers"] > 0
