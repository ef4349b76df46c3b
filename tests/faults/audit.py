"""Holds what Redis has against the senders' ledger: what was lost, what was counted twice, what is there by half.

What a session or basket must have counted is taken from its string by `tests/store/counted.py`, which follows
docs/counting.md and not the script.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from redis import Redis

from store.keys import Keys
from store.recording import Limits
from tests.faults.ledger import Act, Ledger
from tests.store.counted import Counting, Visit
from tests.store.dump import dump

COUNTED = ("pairs", "totals", "popular")
#: What no fault may cause.
AMISS = ("lost", "doubled", "partial", "foreign", "regressed")


@dataclass(frozen=True, slots=True)
class Findings:
    """Numbers of events, but for `regressed`, which are users whose revision is behind an answered one.

    `doubled` and `partial` are how much more and how much less is there than the ids say, in any of an event's
    effects; `foreign` are ids of these users that nobody has sent.
    """

    acknowledged: int
    lost: int
    doubled: int
    partial: int
    foreign: int
    regressed: int

    def figures(self) -> dict[str, float]:
        return {name: float(value) for name, value in asdict(self).items()}


def audit(url: str, ledger: Ledger, keys: Keys | None = None) -> Findings:
    """Reads the whole database. Nobody may write meanwhile."""
    keys = keys or Keys()
    with Redis.from_url(url, decode_responses=True) as redis:
        held = dump(redis, keys.prefix)
    return _Audit(held, ledger, keys).findings()


def amiss(figures: Mapping[str, float], *names: str) -> list[str]:
    """Those of these figures that are not 0, in words."""
    return [f"{figures[name]:g} {name.replace('_', ' ')}" for name in names if figures[name]]


class _Audit:
    def __init__(self, held: Mapping[str, Any], ledger: Ledger, keys: Keys) -> None:
        self._held = held
        self._ledger = ledger
        self._keys = keys
        self._ids = _by_user(held, "ids")
        self._sessions = _by_user(held, "session")
        self._baskets = _by_user(held, "basket")

    def findings(self) -> Findings:
        known = {user: self._known(user) for user in self._ledger.sent}
        recorded = [act for acts in known.values() for act in acts]
        ids = {act.event_id for act in recorded}
        more, less = self._differences(known)
        return Findings(
            acknowledged=len(self._ledger.acknowledged),
            lost=len(self._ledger.acknowledged.keys() - ids),
            doubled=more,
            partial=less,
            foreign=sum(len(self._marks(user)) for user in known) - len(recorded),
            regressed=sum(self._regressed(user, known[user]) for user in known),
        )

    def _marks(self, user: str) -> set[str]:
        """The event ids of the user that Redis knows."""
        return {event_id for day in self._ids.get(user, {}).values() for event_id in day}

    def _known(self, user: str) -> list[Act]:
        """What was sent of the user and has its id in Redis."""
        marks = self._marks(user)
        return [act for name, act in self._ledger.sent[user].items() if name in marks]

    def _differences(self, known: Mapping[str, list[Act]]) -> tuple[int, int]:
        more = less = 0
        for there, right in self._compared(known):
            more += sum((there - right).values())
            less += sum((right - there).values())
        return more, less

    def _compared(
        self, known: Mapping[str, list[Act]]
    ) -> Iterator[tuple[Counter[Any], Counter[Any]]]:
        for user, acts in known.items():
            yield from self._compared_user(user, acts)
        yield self._counts(), self._right_counts()
        yield self._lists(), self._right_lists()

    def _compared_user(
        self, user: str, acts: list[Act]
    ) -> Iterator[tuple[Counter[Any], Counter[Any]]]:
        history = self._held.get(self._keys.history(user), {})
        profile = self._held.get(self._keys.profile(user), {})
        totals = {name: int(value) for name, value in profile.items() if name.startswith("n:")}
        yield Counter(list(history)), Counter(f"{a.event_id}|{a.type}|{a.item}" for a in acts)
        yield Counter(totals), Counter(f"n:{act.type}" for act in acts)
        yield _touches(self._sessions.get(user, {}).values()), Counter(a.touch for a in acts)
        bought = Counter(act.touch for act in acts if act.type == "purchase")
        yield _touches(self._baskets.get(user, {}).values()), bought

    def _regressed(self, user: str, acts: list[Act]) -> bool:
        """Whether the revision is behind one that was answered; who has nothing left begins anew."""
        held = self._held.get(self._keys.profile(user), {})
        return bool(acts) and int(held.get("rev", 0)) < self._ledger.revisions.get(user, 0)

    def _counts(self) -> Counter[tuple[str, str]]:
        """All counts of all items that Redis holds."""
        return Counter(
            {
                (key, field): int(float(value))
                for key, fields in self._held.items()
                if _name(key) in COUNTED
                for field, value in fields.items()
            }
        )

    def _right_counts(self) -> Counter[tuple[str, str]]:
        """What all sessions and baskets that Redis holds must have counted."""
        right: Counter[tuple[str, str]] = Counter()
        for user, texts in self._sessions.items():
            for text in texts.values():
                for count in self._counting(user).session(Visit.parse(text)):
                    right[count.key, count.field] += count.by
        for user, texts in self._baskets.items():
            for text in texts.values():
                for count in self._counting(user).basket(Visit.parse(text)):
                    right[count.key, count.field] += count.by
        return right

    def _lists(self) -> Counter[tuple[str, str]]:
        """Which sessions each item's list names."""
        return Counter(
            (key, entry)
            for key, entries in self._held.items()
            if _name(key) == "sessions"
            for entry in entries
        )

    def _right_lists(self) -> Counter[tuple[str, str]]:
        right: Counter[tuple[str, str]] = Counter()
        for user, sessions in self._sessions.items():
            partition = self._keys.partition(user)
            for name, text in sessions.items():
                for item, generation in self._counting(user).items(Visit.parse(text)):
                    right[self._keys.sessions(partition, generation, item), f"{user}:{name}"] += 1
        return right

    def _counting(self, user: str) -> Counting:
        limits = Limits()
        return Counting(
            self._keys, self._keys.partition(user), limits.event_ttl_ms, limits.trending_hours
        )


def _name(key: str) -> str:
    """`pairs` of `tandem:{0}:pairs:view:...`."""
    return key.split(":", 3)[2] if key.count(":") >= 2 else ""


def _by_user(held: Mapping[str, Any], name: str) -> dict[str, dict[str, Any]]:
    """User -> what stands behind the user in the key -> value, of the keys of one name."""
    found: dict[str, dict[str, Any]] = {}
    for key, value in held.items():
        if _name(key) == name:
            user, rest = key.split(":", 4)[3:]
            found.setdefault(user, {})[rest] = value
    return found


def _touches(texts: Iterable[str]) -> Counter[tuple[str, str]]:
    visits = map(Visit.parse, texts)
    return Counter((touch.item, touch.type) for visit in visits for touch in visit.touches)
