"""The rules of docs/counting.md in plain Python: the readable reference of what one event changes.

Written from that document alone, so that the scripts and this model are two independent readings
of it. The model holds a whole database as plain values; `dump` gives them in the form in which
`tests/store/dump.py` reads Redis. What a new event writes stands in `tests/store/writing.py`, what
a session or basket has counted in `tests/store/counted.py`.
"""

from collections.abc import Mapping

from store.events import Event, EventType, Outcome, Recorded
from store.keys import DAY_MS, HOUR_MS, Keys
from store.recording import Limits
from tests.store.keyspace import Keyspace, Value, WrongType
from tests.store.sending import Sending
from tests.store.visits import Visits
from tests.store.writing import Writing

DEDUPE_DAYS = 3
AHEAD_MS = 3 * HOUR_MS


class Model:
    """A database without Redis. `published` lists (channel, message) in order."""

    def __init__(
        self, limits: Limits, types: Mapping[str, EventType], keys: Keys, now_ms: int
    ) -> None:
        self.limits = limits
        self.types = types
        self.keys = keys
        self.space = Keyspace(now_ms)
        self.published: list[tuple[str, str]] = []

    def dump(self) -> dict[str, Value]:
        return dict(self.space.values)

    def record(self, event: Event) -> Recorded:
        outcome = self._known(event)
        if outcome is Outcome.NEW:
            outcome = self._write(event)
        return Recorded(outcome, self._revision(event.user))

    def erase(self, user: str, now_ms: int) -> None:
        space, keys = self.space, self.keys
        Visits(space, keys, self.limits, user, now_ms).erase()
        first_day = (now_ms - self.limits.event_ttl_ms) // DAY_MS - DEDUPE_DAYS
        for day in range(first_day, now_ms // DAY_MS + 2):
            space.delete(keys.ids(user, day))
        for key in (keys.history(user), keys.profile(user), keys.visits(user)):
            space.delete(key)
        partition = keys.partition(user)
        brought = [keys.brought(partition, key) for key in space.zset(keys.senders(partition))]
        for key in (keys.active(partition), *brought):
            if user in space.zset(key):
                space.zrem(key, [user])
        self.published.append((keys.changes, f"erased {user}"))

    def _known(self, event: Event) -> Outcome:
        """The answer of checks 1 to 4; NEW when none of them holds."""
        space, keys, now_ms = self.space, self.keys, event.now_ms
        today = now_ms // DAY_MS
        days = [today, today - 1, today - 2]
        if now_ms % DAY_MS >= DAY_MS - AHEAD_MS:
            days.append(today + 1)
        if int(space.peek_hash(keys.profile(event.user)).get("erasing", "0")) > now_ms:
            return Outcome.ERASING
        for day in days:
            known = space.peek_hash(keys.ids(event.user, day)).get(event.event_id)
            if known is not None:
                return Outcome.DUPLICATE if known == event.fingerprint else Outcome.CONFLICT
        if len(space.peek_hash(keys.ids(event.user, today))) >= self.limits.events_per_user_per_day:
            return Outcome.LIMITED
        kind = self.types[event.type]
        return Sending(space, keys, self.limits, event, kind).answer()

    def _write(self, event: Event) -> Outcome:
        event_type = self.types[event.type]
        try:
            with self.space.all_or_nothing():
                Writing(self.space, self.keys, self.limits, event, event_type).write()
        except WrongType:
            return Outcome.REFUSED
        if event_type.weight:
            self._publish(event)
        return Outcome.NEW

    def _revision(self, user: str) -> int:
        return int(self.space.peek_hash(self.keys.profile(user)).get("rev", "0"))

    def _publish(self, event: Event) -> None:
        profile = self.space.peek_hash(self.keys.profile(event.user))
        act = (event.event_id, event.type, event.item, event.now_ms, event.at_ms)
        message = (profile["rev"], *act, profile.get("session", ""))
        self.published.append((self.keys.push(event.user), "|".join(map(str, message))))
