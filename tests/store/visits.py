"""A user's sessions and baskets in the model: how they enter, how they leave, what goes along."""

from collections.abc import Collection, Iterable

from store.keys import VISITS_LIMIT, Keys
from store.recording import Limits
from tests.store.counted import Count, Counting, Visit
from tests.store.keyspace import Hash, Keyspace, Zset


class Visits:
    """The visits of one user. A member is `s:NAME` for a session, `b:NAME` for a basket."""

    def __init__(self, space: Keyspace, keys: Keys, limits: Limits, user: str, now_ms: int) -> None:
        self.space = space
        self.keys = keys
        self.user = user
        self.now_ms = now_ms
        self.key = keys.visits(user)
        self.length_ms = limits.event_ttl_ms
        self.partition = keys.partition(user)
        self.counting = Counting(keys, self.partition, self.length_ms, limits.trending_hours)

    def newest_first(self, kind: str) -> list[str]:
        """Members of one kind (`s` or `b`), by place."""
        members = self.space.zset(self.key).ranked()
        return [member for member in reversed(members) if member.startswith(f"{kind}:")]

    def read(self, member: str) -> Visit | None:
        text = self.space.string(self._string_key(member))
        return None if text is None else Visit.parse(text)

    def keep(self, member: str, visit: Visit) -> None:
        """Write the string; it and the visits live to the end of its newest generation."""
        newest_ms = visit.time_ms(-1) if visit.touches else 0
        ttl_ms = self.counting.generation_end_ms(max(self.now_ms, newest_ms)) - self.now_ms
        key = self._string_key(member)
        self.space.set(key, str(visit))
        self.space.expire(key, ttl_ms)
        self.space.zset(self.key)
        self.space.expire_later(self.key, ttl_ms)

    def enter(self, member: str, at_ms: int, own: Collection[str]) -> Visit:
        """The session or basket, new when it has no string; `own` never leave to make place."""
        known = self.read(member)
        if known is not None:
            return known
        present = self.space.zset(self.key).ranked()
        surplus = len({*present, member}) - VISITS_LIMIT
        others = [old for old in present if old not in own]
        for oldest in others[: max(0, surplus)]:
            self._leave(oldest)
        self.space.zadd(self.key, member, at_ms)
        return Visit(at_ms, self.now_ms // 1000)

    def erase(self) -> None:
        """Take back whatever the strings say was counted, and the strings."""
        for member in self.space.zset(self.key).ranked():
            visit = self.read(member)
            if visit is not None:
                is_session = member.startswith("s:")
                counts = self.counting.session if is_session else self.counting.basket
                self.subtract(counts(visit))
            self._leave(member)

    def subtract(self, counts: Iterable[Count]) -> None:
        """Only existing fields, so never a key of another type; what reaches 0 or less goes."""
        for count in counts:
            values = self.space.values.get(count.key)
            if isinstance(values, Hash) and count.field in values:
                self.space.hincr(count.key, count.field, -count.by)
                if int(values[count.field]) <= 0:
                    self.space.hdel(count.key, [count.field])
            elif isinstance(values, Zset) and count.field in values:
                self.space.zadd(count.key, count.field, values[count.field] - count.by)
                if values[count.field] <= 0:
                    self.space.zrem(count.key, [count.field])

    def _leave(self, member: str) -> None:
        """A visit goes with its string and its places in the lists of sessions of an item."""
        visit = self.read(member)
        if member.startswith("s:") and visit is not None:
            for item, generation in self.counting.items(visit):
                key = self.keys.sessions(self.partition, generation, item)
                if key in self.space.values:
                    self.space.lrem(key, f"{self.user}:{member[2:]}")
        self.space.delete(self._string_key(member))
        self.space.zrem(self.key, [member])

    def _string_key(self, member: str) -> str:
        name = member[2:]
        if member.startswith("s:"):
            return self.keys.session(self.user, name)
        return self.keys.basket(self.user, name)
