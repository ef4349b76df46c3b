"""Planted mistakes in the record script: the comparison with the model finds each of them."""

import re
from contextlib import closing
from dataclasses import dataclass

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from store.keys import Keys
from store.recording import Limits
from store.script import Script, Scripts, source
from tests.store.dump import dump
from tests.store.machine import SMALL, effort, machine_in
from tests.store.server import Server, fake_server
from tests.store.story import Story
from tests.store.twins import Patch, Twins

KEYS = Keys()
LIMITS = Limits()
# Without chance and without shrinking: the first history that shows a mistake is enough.
SEARCH = settings(
    effort(60, 30), derandomize=True, phases=(Phase.generate,), report_multiple_bugs=False
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A piece of the script and what is put in its place."""

    old: str
    new: str

    def text(self) -> str:
        return source("record").replace(self.old, self.new)


NO_DEDUPE = Mutant(
    "if held then return nil, held == event.fingerprint and DUPLICATE or CONFLICT end", ""
)
SELF_PAIR = Mutant("local seen = {[items[i]] = true}", "local seen = {}")
WRONG_TRIM = Mutant("call('LTRIM', key, 0, LIST_LIMIT - 1)", "call('LTRIM', key, -LIST_LIMIT, -1)")
WRONG_GENERATION = Mutant(
    "return floor((visit.start + visit.offsets[i]) * 1000 / LENGTH_MS)",
    "return floor(visit.start * 1000 / LENGTH_MS)",
)
HALF_WRITE = Mutant(
    "return read_rows(plan.effects) and plan.popular_sizes and lists_usable and plan",
    "read_rows(plan.effects) return plan",
)
NO_RATE_LIMIT = Mutant("if total >= counter.limit then return counter.answer end", "")
TURNED_AWAY_COUNTS = Mutant(
    "if total >= counter.limit then return counter.answer end",
    "totals[counter.key], raised[counter.key] = total + 1, true "
    "if total >= counter.limit then return counter.answer end",
)
ANY_VISIT_COUNTS = Mutant("'+inf') < COUNTED_VISITS", "'+inf') < math.huge")
ANY_REPEAT_COUNTS = Mutant("return held >= COUNTED_OF_ITEM", "return false")
HASTE_COUNTS = Mutant("return visit.offsets[nth] >= offset and", "return false and")
MUTANTS = [
    pytest.param(NO_DEDUPE, id="no-dedupe"),
    pytest.param(SELF_PAIR, id="self-pair"),
    pytest.param(WRONG_TRIM, id="wrong-trim"),
    pytest.param(WRONG_GENERATION, id="wrong-generation"),
    pytest.param(HALF_WRITE, id="half-write"),
    pytest.param(NO_RATE_LIMIT, id="no-rate-limit"),
    pytest.param(TURNED_AWAY_COUNTS, id="turned-away-counts"),
    pytest.param(ANY_VISIT_COUNTS, id="any-visit-counts"),
    pytest.param(ANY_REPEAT_COUNTS, id="any-repeat-counts"),
    pytest.param(HASTE_COUNTS, id="haste-counts"),
]


def planted(mutant: Mutant) -> Patch:
    def plant(scripts: Scripts, redis: Redis) -> None:
        scripts.record = Script(redis, mutant.text())

    return plant


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_differs_from_the_script_in_one_place(mutant: Mutant) -> None:
    assert source("record").count(mutant.old) == 1
    assert mutant.text() != source("record")


@pytest.mark.parametrize("mutant", MUTANTS)
def test_random_histories_find_a_planted_mistake(mutant: Mutant) -> None:
    machine = machine_in(fake_server(), SMALL, KEYS, planted(mutant))
    with pytest.raises((AssertionError, ResponseError)):
        run_state_machine_as_test(machine, settings=SEARCH)


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
