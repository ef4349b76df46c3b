"""Planted mistakes in the record script, for which the comparison with the model is to be good enough."""

from dataclasses import dataclass

from hypothesis import Phase, settings
from redis.asyncio import Redis

from store.script import Script, Scripts, source
from tests.store.machine import effort
from tests.store.twins import Patch

# Without shrinking: the first history that shows a mistake is enough.
SEARCH = settings(effort(60, 30), phases=(Phase.generate,), report_multiple_bugs=False)


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
    "return plan.held and plan.popular_sizes and lists_usable and plan",
    "plan.held = plan.held or {} return plan",
)
NO_RATE_LIMIT = Mutant("if total >= counter.limit then return counter.answer end", "")
NO_LIMIT_OF_A_USER = Mutant(
    "if PER_USER > 0 and event.sent >= PER_USER then return RATE_LIMITED end", ""
)
MINUTE_BEGINS_ANEW = Mutant("held and held >= own and held <= own + MINUTES_AHEAD", "held == own")
NEVER_RENEWED = Mutant("tonumber(held[10]) ~= span and span", "not held[10] and span")
TURNED_AWAY_COUNTS = Mutant(
    "if total >= counter.limit then return counter.answer end",
    "totals[counter.key], raised[counter.key] = total + 1, true "
    "if total >= counter.limit then return counter.answer end",
)
ANY_VISIT_COUNTS = Mutant("'+inf') < COUNTED_VISITS", "'+inf') < math.huge")
ANY_REPEAT_COUNTS = Mutant("return held >= COUNTED_OF_ITEM", "return false")
HASTE_COUNTS = Mutant("return visit.offsets[nth] >= offset and", "return false and")
MUTANTS = {
    "no_dedupe": NO_DEDUPE,
    "self_pair": SELF_PAIR,
    "wrong_trim": WRONG_TRIM,
    "wrong_generation": WRONG_GENERATION,
    "half_write": HALF_WRITE,
    "no_rate_limit": NO_RATE_LIMIT,
    "no_limit_of_a_user": NO_LIMIT_OF_A_USER,
    "minute_begins_anew": MINUTE_BEGINS_ANEW,
    "never_renewed": NEVER_RENEWED,
    "turned_away_counts": TURNED_AWAY_COUNTS,
    "any_visit_counts": ANY_VISIT_COUNTS,
    "any_repeat_counts": ANY_REPEAT_COUNTS,
    "haste_counts": HASTE_COUNTS,
}


def planted(mutant: Mutant) -> Patch:
    """The patch that puts the mistake into a store's record script."""

    def plant(scripts: Scripts, redis: Redis) -> None:
        scripts.record = Script(redis, mutant.text())

    return plant
