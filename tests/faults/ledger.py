"""What was sent and what was acknowledged, kept by the senders alone: nothing here comes out of Redis."""

import random
import time
from collections import Counter
from dataclasses import dataclass, field

GROUPS = 500
ITEMS_PER_GROUP = 16
VIEWS = 9
PURCHASES = 2
VISITS = 4
ACTS_PER_USER = VISITS * (VIEWS + PURCHASES)


@dataclass(frozen=True, slots=True)
class Act:
    """One event as it is sent, as often as it takes."""

    user: str
    event_id: str
    item: str
    type: str
    session: str
    order: str

    @property
    def body(self) -> dict[str, str]:
        """As JSON takes it."""
        known = {
            "user_id": self.user,
            "event_id": self.event_id,
            "item_id": self.item,
            "type": self.type,
            "session_id": self.session,
        }
        return known | ({"order_id": self.order} if self.order else {})

    @property
    def touch(self) -> tuple[str, str]:
        return self.item, self.type


def acts_of(user: str, number: int, seed: int) -> list[Act]:
    """A user's visits: views of some items of one group, then purchases of others.

    No item comes twice in a visit, so each event is one touch, in whatever order its retries arrive.
    """
    rng = random.Random(f"{seed} {number}")
    group = number % GROUPS
    acts: list[Act] = []
    for visit in range(VISITS):
        places = rng.sample(range(ITEMS_PER_GROUP), VIEWS + PURCHASES)
        items = [f"g{group}-i{place}" for place in places]
        steps = [(item, "view", "") for item in items[:VIEWS]]
        steps += [(item, "purchase", f"o{visit}") for item in items[VIEWS:]]
        for item, kind, order in steps:
            acts.append(Act(user, f"{user}-{len(acts)}", item, kind, f"v{visit}", order))
    return acts


@dataclass(slots=True)
class Ledger:
    """Sent: by user and event id. Acknowledged: event id -> when, in seconds of the monotonic clock."""

    seed: int
    sent: dict[str, dict[str, Act]] = field(default_factory=dict)
    acknowledged: dict[str, float] = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=dict)
    problems: Counter[str] = field(default_factory=Counter)
    said_duplicate: int = 0
    swapped: int = 0
    longest_s: float = 0.0
    _users: int = 0

    def next_user(self) -> list[Act]:
        """The acts of a user whom nobody has sent yet."""
        number, self._users = self._users, self._users + 1
        return acts_of(f"u{number}", number, self.seed)

    def send(self, act: Act) -> None:
        """Notes that it is about to be sent."""
        self.sent.setdefault(act.user, {})[act.event_id] = act

    def answer(self, act: Act, answer: dict[str, object]) -> None:
        """Notes what the service said of an event that it has taken."""
        self.swapped += answer["event_id"] != act.event_id
        self.said_duplicate += bool(answer["duplicate"])
        self.acknowledged[act.event_id] = time.monotonic()
        revision = int(str(answer["revision"]))
        self.revisions[act.user] = max(revision, self.revisions.get(act.user, 0))
