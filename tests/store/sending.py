"""What limited senders may do, in the model (docs/counting.md, "Limited senders")."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from store.events import Event, EventType, Outcome
from store.keys import DAY_MS, MINUTE_MS, Keys
from store.recording import Limits
from tests.store.counted import Visit
from tests.store.keyspace import Keyspace, WrongType

KEYS_MOST = 100
BROUGHT_MOST = 100_000
TOKENS = "token"
MINUTES_AHEAD = 5


@dataclass(frozen=True, slots=True)
class Counter:
    """One count of a minute: which limit it is for, and what the event that is one too many is answered."""

    key: str
    limit: int
    answer: Outcome


class Sending:
    """One event of a sender, limited or not."""

    def __init__(
        self, space: Keyspace, keys: Keys, limits: Limits, event: Event, kind: EventType
    ) -> None:
        self.space = space
        self.keys = keys
        self.limits = limits.senders
        self.length_ms = limits.event_ttl_ms
        self.event = event
        self.kind = kind
        self.partition = keys.partition(event.user)
        self.key, _, self.address = event.sender.partition(" ")
        self.is_new_user = "last" not in space.peek_hash(keys.profile(event.user))

    def answer(self) -> Outcome:
        """NEW when nothing is against the event."""
        if not self.event.sender or self.event.again:
            return Outcome.NEW
        try:
            self.space.hash(self.keys.profile(self.event.user))
            if self._own_is_full():
                return Outcome.RATE_LIMITED
            for counter in self._counters():
                if int(self.space.string(counter.key) or "0") >= counter.limit:
                    return counter.answer
        except WrongType:
            return Outcome.REFUSED
        return Outcome.NEW

    def write(self) -> None:
        counted = bool(self.event.sender) and not self.event.again
        for counter in list(self._counters()) if counted else []:
            used = int(self.space.string(counter.key) or "0")
            self.space.set(counter.key, str(used + 1))
            self.space.expire(counter.key, 2 * MINUTE_MS)
        if counted and self.limits.events_per_user_per_minute:
            minute, sent = self._own()
            profile = self.keys.profile(self.event.user)
            self.space.hset(profile, "minute", minute)
            self.space.hset(profile, "sent", sent + 1)
        if self._brings_a_user():
            self.space.hset(self.keys.profile(self.event.user), "key", self.key)
            known = self.keys.senders(self.partition)
            self.space.zadd(known, self.key, self.event.now_ms)
            self._keep_newest(known, KEYS_MOST)
            brought = self.keys.brought(self.partition, self.key)
            self.space.zadd(
                brought,
                self.event.user,
                self.space.zset(brought).get(self.event.user, self.event.now_ms),
            )
            self._keep_newest(brought, BROUGHT_MOST)

    def counts_today(self, held: int) -> bool:
        """Whether one more than `held` events of the day may count."""
        most = self.limits.counted_events_per_user_per_day
        return most == 0 or held < most

    def may_open(self, starts: dict[str, float]) -> bool:
        """Whether one more visit beside those that began at these times may count."""
        most = self.limits.counted_visits_per_user
        recent = [start for start in starts.values() if self.is_recent(start)]
        return not self.event.sender or most == 0 or len(recent) < most

    def is_repeated(self, visit: Visit | None, others: Iterable[Visit]) -> bool:
        """Whether the event's item, new to the visit, is in too many others of its kind."""
        most, item = self.limits.counted_visits_per_user_of_item, self.event.item
        if not self.event.sender or most == 0 or (visit and _holds(visit, item)):
            return False
        return sum(_holds(other, item) for other in others) >= most

    def is_recent(self, start_ms: float) -> bool:
        """Whether a visit that began then is one of those that are looked at."""
        return start_ms >= self.event.now_ms - 2 * DAY_MS

    def is_hasty(self, session: Visit, offset_s: int) -> bool:
        """Whether the touch, at that offset, comes too soon after the session's others to count."""
        most, event = self.limits.counted_views_per_s, self.event
        if not event.sender or most == 0 or event.type != "view":
            return False
        at_once = [touch for touch in session.touches if touch.offset_s >= offset_s]
        return len(at_once) >= most and abs(event.at_ms - session.last_ms) * most < 1000

    def _own(self) -> tuple[int, int]:
        """The user's minute, which may be that of a clock ahead of ours, and how many events it has."""
        now = self.event.now_ms // MINUTE_MS
        profile = self.space.peek_hash(self.keys.profile(self.event.user))
        held = int(profile.get("minute", "0"))
        goes_on = now <= held <= now + MINUTES_AHEAD
        return (held, int(profile["sent"])) if goes_on else (now, 0)

    def _own_is_full(self) -> bool:
        most = self.limits.events_per_user_per_minute
        return most > 0 and self._own()[1] >= most

    def _brings_a_user(self) -> bool:
        return bool(self.event.sender) and self.key != TOKENS and self.is_new_user

    def _counters(self) -> Iterator[Counter]:
        limits, shares = self.limits, self.keys.partitions
        yield from self._counter("address", self.address, limits.events_per_address_per_minute)
        if self.key != TOKENS:
            per_key = _share(limits.events_per_key_per_minute, shares)
            yield from self._counter("key", self.key, per_key)
        if self._brings_a_user():
            yield from self._new("users", _share(limits.new_users_per_key_per_minute, shares))
        if self.kind.touches and not self._is_known():
            yield from self._new("items", limits.new_items_per_key_per_minute)

    def _new(self, what: str, limit: int) -> Iterator[Counter]:
        yield from self._counter(what, self.address, _share(limit, 10), Outcome.TOO_MANY_NEW)
        yield from self._counter(what, self.key, limit, Outcome.TOO_MANY_NEW)

    def _counter(
        self, what: str, whose: str, limit: int, answer: Outcome = Outcome.RATE_LIMITED
    ) -> Iterator[Counter]:
        if limit:
            minute = self.event.now_ms // MINUTE_MS
            yield Counter(self.keys.rate(self.partition, what, whose, minute), limit, answer)

    def _is_known(self) -> bool:
        now = self.event.now_ms // self.length_ms
        counts = (
            self.keys.pairs(self.partition, "view", generation, self.event.item)
            for generation in (now, now - 1)
        )
        return self.event.catalogued or any(key in self.space.values for key in counts)

    def _keep_newest(self, key: str, most: int) -> None:
        members = self.space.zset(key).ranked()
        self.space.zrem(key, members[: max(0, len(members) - most)])
        self.space.expire(key, 2 * self.length_ms)


def _holds(visit: Visit, item: str) -> bool:
    return any(touch.item == item for touch in visit.touches)


def _share(limit: int, parts: int) -> int:
    """Rounded up."""
    return -(-limit // parts)
