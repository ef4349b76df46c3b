"""Crowds that do not authenticate are gone in seconds, and real users do not notice them."""

import pytest

from tests.faults.bounds import broken
from tests.faults.scenarios import floods

pytestmark = pytest.mark.real_redis


def test_a_crowd_without_tokens_is_gone_soon_and_real_users_are_served() -> None:
    figures = floods.measure(0.05)
    assert broken("floods", figures) == [], figures
