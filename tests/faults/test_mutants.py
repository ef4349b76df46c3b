"""Each planted mistake is found on a real Redis; the command of the scenario searches from ten seeds."""

import pytest

from tests.faults.scenarios import mutants

pytestmark = pytest.mark.real_redis


def test_every_planted_mistake_is_found() -> None:
    assert mutants.problems(mutants.measure(0.1)) == []
