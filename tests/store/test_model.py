"""The scripts and the model, two readings of docs/counting.md, agree whatever happens."""

import pytest
from hypothesis.stateful import run_state_machine_as_test

from store.keys import Keys
from store.recording import Limits
from tests.store.machine import SMALL, effort, machine_in
from tests.store.server import Server, fake_server

WORLDS = [
    pytest.param(SMALL, 1, id="small"),
    pytest.param(SMALL, 3, id="small-3-partitions"),
    pytest.param(Limits(), 1, id="defaults"),
]


@pytest.mark.parametrize(("limits", "partitions"), WORLDS)
def test_redis_and_the_model_agree_after_every_step(limits: Limits, partitions: int) -> None:
    machine = machine_in(fake_server(), limits, Keys(partitions=partitions))
    run_state_machine_as_test(machine, settings=effort(8, 30))


@pytest.mark.parametrize(("limits", "partitions"), WORLDS)
def test_a_real_redis_and_the_model_agree_after_every_step(
    limits: Limits, partitions: int, real_redis_url: str
) -> None:
    machine = machine_in(Server(real_redis_url), limits, Keys(partitions=partitions))
    run_state_machine_as_test(machine, settings=effort(15, 30))
