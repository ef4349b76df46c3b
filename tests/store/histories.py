"""Random short histories of a few users who share items, sessions' and orders' names."""

import random
from collections.abc import Sequence
from itertools import count

from store.events import DEFAULT_EVENT_TYPES, Event
from store.keys import DAY_MS, HOUR_MS
from store.recording import Limits
from tests.clock import START_MS

# Several sessions, baskets and generations in a few days, and no cap within reach.
LIMITS = Limits(event_ttl_ms=DAY_MS, purchase_window_ms=3 * HOUR_MS)
LEAVING = "leaving-user"
USERS = (LEAVING, LEAVING, "ann", "bob", "cy")
KINDS = ("view", "view", "purchase", "refund", *(kind.name for kind in DEFAULT_EVENT_TYPES))
PAUSES_MS = (1, 999, 5_000, 5_000, 600_000, 1_800_001, HOUR_MS, 8 * HOUR_MS)
LAGS_MS = (0, 0, 0, 0, 60_000, 1_800_000, 1_800_001, 5 * HOUR_MS)

MOST_CALLS = 6

History = Sequence[Sequence[Event]]


def history(rng: random.Random) -> History:
    """A few calls of several users' events, the clock running between them."""
    now_ms, numbers, calls = START_MS + rng.randrange(DAY_MS), count(1), []
    for _ in range(rng.randint(2, MOST_CALLS)):
        now_ms += rng.choice(PAUSES_MS)
        size = rng.randint(1, 8)
        calls.append([_event(rng, next(numbers), now_ms) for _ in range(size)])
    return calls


def without(user: str, calls: History) -> History:
    """The same history, had the user never come."""
    others = ([event for event in call if event.user != user] for call in calls)
    return [call for call in others if call]


def _event(rng: random.Random, number: int, now_ms: int) -> Event:
    return Event(
        user=rng.choice(USERS),
        item=f"i{rng.randrange(6)}",
        type=rng.choice(KINDS),
        event_id=f"e{number}",
        fingerprint="sent",
        at_ms=now_ms - rng.choice(LAGS_MS),
        now_ms=now_ms,
        session_id=rng.choice(["", "", "s1", "s2"]),
        order_id=rng.choice(["", "", "o1", "o2"]),
    )
