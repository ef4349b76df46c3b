"""Planted mistakes in the record script: the comparison with the model finds each of them."""

import re
from contextlib import closing

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from redis.exceptions import ResponseError

from store.keys import Keys
from store.recording import Limits
from store.script import source
from tests.store.dump import dump
from tests.store.machine import SMALL, machine_in
from tests.store.mutants import HALF_WRITE, MUTANTS, SEARCH, Mutant, planted
from tests.store.server import Server, fake_server
from tests.store.story import Story
from tests.store.twins import Twins

KEYS = Keys()
LIMITS = Limits()
each_mutant = pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS.keys())


@each_mutant
def test_a_mutant_differs_from_the_script_in_one_place(mutant: Mutant) -> None:
    assert source("record").count(mutant.old) == 1
    assert mutant.text() != source("record")


@each_mutant
def test_random_histories_find_a_planted_mistake(mutant: Mutant) -> None:
    machine = machine_in(fake_server(), SMALL, KEYS, planted(mutant))
    with pytest.raises((AssertionError, ResponseError)):
        run_state_machine_as_test(machine, settings=settings(SEARCH, derandomize=True))


def test_without_the_checks_of_types_half_an_event_stays(server: Server) -> None:
    with closing(Twins(server, LIMITS, KEYS, planted(HALF_WRITE))) as twins:
        totals = KEYS.totals(0, "view", twins.now_ms // LIMITS.event_ttl_ms)
        with pytest.raises(ResponseError, match="WRONGTYPE"):
            twins.record_on_a_broken_key(Story(twins).act("u", "i"), totals)
        with pytest.raises(AssertionError, match=re.escape(KEYS.visits("u"))):
            twins.compare()


def test_with_them_nothing_of_it_stays(twins: Twins) -> None:
    totals = KEYS.totals(0, "view", twins.now_ms // LIMITS.event_ttl_ms)
    twins.record_on_a_broken_key(Story(twins).act("u", "i"), totals)
    assert dump(twins.redis, KEYS.prefix) == {}
