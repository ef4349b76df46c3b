"""Some hundred steps of random histories, on Redis and in the model; the command of the scenario runs 100,000."""

import pytest

from tests.faults.scenarios import model

pytestmark = pytest.mark.real_redis


def test_redis_and_the_model_never_differ() -> None:
    assert model.problems(model.measure(0.005)) == []
