"""A thousand requests made from the description; the command of the scenario sends 20,000."""

import pytest

from tests.faults.scenarios import generated

pytestmark = pytest.mark.real_redis


def test_no_generated_request_is_a_fault_of_ours_or_answered_otherwise_than_described() -> None:
    figures = generated.measure(0.05)
    assert figures["cases"] >= 1_000
    assert generated.problems(figures) == []
