"""What happens in a random world of users who look, buy, send back, log in and ask for lists."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from service.model import NewEvent

ITEMS = tuple(f"i{number}" for number in range(12))
LEAVING = "leaving"
KINDS = ("view", "view", "view", "add_to_cart", "purchase", "refund", "dislike", "impression")
PAUSES_MS = (500, 5_000, 60_000, 1_900_000, 5 * 3_600_000)


@dataclass(frozen=True, slots=True)
class Step:
    """The clock moves, then somebody acts, turns out to be somebody, or asks for a list."""

    pause_ms: int
    user: str
    event: NewEvent | None = None
    merged_into: str = ""

    @property
    def leaving(self) -> bool:
        return self.user.startswith(LEAVING)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that happens in a world."""

    steps: Sequence[Step]
    leaving: Sequence[str]

    @classmethod
    def of(cls, rng: random.Random) -> "Plan":
        """Each user has a visitor's id that turns out to be theirs somewhere in the middle."""
        leaving = [f"{LEAVING}-{number}" for number in range(rng.randint(1, 3))]
        users = leaving + [f"staying-{number}" for number in range(4)]
        steps = [
            _step(rng, number, rng.choice(users) + rng.choice(("", "-visitor")))
            for number in range(rng.randint(80, 160))
        ]
        for user in users:
            place = rng.randrange(len(steps) // 4, len(steps))
            steps.insert(place, Step(1_000, f"{user}-visitor", merged_into=user))
        return cls(steps, leaving)

    def without_leaving(self) -> "Plan":
        """The clock moves as it does with them."""
        kept, waited_ms = [], 0
        for step in self.steps:
            waited_ms += step.pause_ms
            if not step.leaving:
                kept.append(Step(waited_ms, step.user, step.event, step.merged_into))
                waited_ms = 0
        return Plan([*kept, Step(waited_ms, "")], ())


def _step(rng: random.Random, number: int, user: str) -> Step:
    pause_ms = rng.choice(PAUSES_MS)
    if rng.random() < 0.2:
        return Step(pause_ms, user)
    event = NewEvent(
        user,
        rng.choice(ITEMS),
        rng.choice(KINDS),
        event_id=f"e{number}",
        session_id=rng.choice((None, None, "s1", "s2")),
        order_id=rng.choice((None, None, "o1", "o2")),
    )
    return Step(pause_ms, user, event)
