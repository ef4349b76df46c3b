"""The shop's simulated past: what its customers did in the last ten days."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from demo.shop.behaviour import Step, browse, buy
from demo.shop.kits import Kit, kit, kits
from demo.shop.personas import personas
from service.model import NewEvent

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
DAYS = 10
CUSTOMERS = 400
VISITS_PER_WANTED = 5
BROWSES = 3  # one visit in so many buys nothing
PAUSE_MS = (10_000, 90_000)

RISING = "a windy beach"
RISING_VISITS = 24
RISING_HOURS = 4


@dataclass(frozen=True, slots=True)
class _Act:
    at_ms: int
    user_id: str
    step: Step


def past_events(seed: int, now_ms: int) -> list[NewEvent]:
    """All events in the order of time, the same for the same seed and time; nobody acted on a new product."""
    rng = random.Random(seed)
    acts = [*_customers(rng), *_rising(rng), *_personas(rng)]
    acts.sort(key=attrgetter("at_ms"))
    return [
        NewEvent(
            user_id=act.user_id,
            item_id=act.step.item_id,
            type=act.step.type,
            event_id=f"past-{number:06}",
            timestamp_ms=now_ms + act.at_ms,
        )
        for number, act in enumerate(acts)
    ]


def _customers(rng: random.Random) -> Iterator[_Act]:
    """Visits for every kit, by how much it is wanted; most buy, so that few events show what belongs together."""
    visits = [(kit, number) for kit in kits() for number in range(VISITS_PER_WANTED * kit.wanted)]
    rng.shuffle(visits)
    for place, (wanted, number) in enumerate(visits):
        ago_ms = rng.randrange(DAYS * DAY_MS)
        yield from _visit(rng, f"past-{place % CUSTOMERS + 1}", _steps(rng, wanted, number), ago_ms)


def _rising(rng: random.Random) -> Iterator[_Act]:
    """What everybody has been looking at for some hours."""
    for number in range(RISING_VISITS):
        user_id = f"past-{rng.randint(1, CUSTOMERS)}"
        steps = _steps(rng, kit(RISING), number)
        yield from _visit(rng, user_id, steps, rng.randrange(RISING_HOURS * HOUR_MS))


def _personas(rng: random.Random) -> Iterator[_Act]:
    """Each bought some days ago, and looked around within the last day."""
    for persona in personas():
        bought_ms = rng.randrange(2 * DAY_MS, (DAYS - 1) * DAY_MS)
        yield from _visit(rng, persona.user_id, buy(rng, persona.bought), bought_ms)
        looked_ms = rng.randrange(HOUR_MS, 20 * HOUR_MS)
        yield from _visit(rng, persona.user_id, browse(rng, persona.looks_at), looked_ms)


def _steps(rng: random.Random, wanted: Kit, number: int) -> list[Step]:
    return browse(rng, wanted) if number % BROWSES == 0 else buy(rng, wanted)


def _visit(rng: random.Random, user_id: str, steps: Sequence[Step], ago_ms: int) -> Iterator[_Act]:
    """The steps with pauses between them, the last one `ago_ms` ago."""
    at_ms = -ago_ms
    for step in reversed(steps):
        yield _Act(at_ms, user_id, step)
        at_ms -= rng.randint(*PAUSE_MS)
