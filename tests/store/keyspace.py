"""Just as much of Redis as the model of the counting rules needs, on plain Python values.

Time is virtual: `now_ms` is the server's own clock, which only `drop_dead` moves. A write to a key
of another type raises `WrongType`, and `all_or_nothing` then takes everything back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import TypeVar


class Hash(dict[str, str]):
    """Field -> value."""


class Zset(dict[str, float]):
    """Member -> score."""

    def ranked(self) -> list[str]:
        """Members from the lowest to the highest, ties by name, as Redis orders them."""
        return sorted(self, key=lambda member: (self[member], member.encode()))


class Row(list[str]):
    """A Redis list."""


class Alien(set[str]):
    """A type that the store never writes."""


Value = Hash | Zset | Row | Alien | str
Kind = TypeVar("Kind", Hash, Zset, Row, str)


class WrongType(Exception):
    """The key holds another type than the command writes."""


class Keyspace:
    """Keys with their values, and when they die by the server's clock (no entry: never)."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms
        self.values: dict[str, Value] = {}
        self.deaths_ms: dict[str, int] = {}
        self.written: dict[str, tuple[Value | None, int | None]] = {}

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Take back every write of the block when one of them raises `WrongType`."""
        self.written = {}
        try:
            yield
        except WrongType:
            for key, (value, death_ms) in self.written.items():
                self.put(key, value, death_ms)
            raise

    def drop_dead(self, now_ms: int, least_ms: int = 0) -> list[str]:
        """Move the clock, remove the keys that have no more than `least_ms` left, and name them."""
        self.now_ms = now_ms
        dead = [key for key, death in self.deaths_ms.items() if death - now_ms <= least_ms]
        for key in dead:
            self.put(key, None, None)
        return dead

    def put(self, key: str, value: Value | None, death_ms: int | None) -> None:
        self.values.pop(key, None)
        self.deaths_ms.pop(key, None)
        if value is not None:
            self.values[key] = value
        if death_ms is not None:
            self.deaths_ms[key] = death_ms

    # Reading. Outside of an event, a key of another type reads as empty; inside, it is refused.

    def peek_hash(self, key: str) -> Hash:
        value = self.values.get(key)
        return value if isinstance(value, Hash) else Hash()

    def hash(self, key: str) -> Hash:
        return _expect(Hash, key, self.values.get(key, Hash()))

    def zset(self, key: str) -> Zset:
        return _expect(Zset, key, self.values.get(key, Zset()))

    def string(self, key: str) -> str | None:
        return _expect(str, key, self.values[key]) if key in self.values else None

    # Writing.

    def hset(self, key: str, field: str, value: object) -> None:
        self._writable(Hash, key)[field] = str(value)

    def hincr(self, key: str, field: str, by: int) -> None:
        values = self._writable(Hash, key)
        values[field] = str(int(values.get(field, "0")) + by)

    def hdel(self, key: str, fields: list[str]) -> None:
        values = self._writable(Hash, key)
        for field in fields:
            values.pop(field, None)
        self._drop_if_empty(key)

    def zadd(self, key: str, member: str, score: float) -> None:
        self._writable(Zset, key)[member] = float(score)

    def zrem(self, key: str, members: list[str]) -> None:
        scores = self._writable(Zset, key)
        for member in members:
            scores.pop(member, None)
        self._drop_if_empty(key)

    def lpush(self, key: str, entry: str, limit: int) -> None:
        """Push on the left and keep the newest `limit`."""
        row = self._writable(Row, key)
        row.insert(0, entry)
        del row[limit:]

    def lrem(self, key: str, entry: str) -> None:
        row = self._writable(Row, key)
        row[:] = [kept for kept in row if kept != entry]
        self._drop_if_empty(key)

    def set(self, key: str, text: str) -> None:
        self.string(key)
        self._remember(key)
        self.values[key] = text

    def delete(self, key: str) -> None:
        self._remember(key)
        self.put(key, None, None)

    def expire(self, key: str, ttl_ms: int) -> None:
        if key in self.values:
            self._remember(key)
            self.deaths_ms[key] = self.now_ms + ttl_ms

    def expire_new(self, key: str, ttl_ms: int) -> None:
        """Set the life of a key that was just created."""
        if key not in self.deaths_ms:
            self.expire(key, ttl_ms)

    def expire_later(self, key: str, ttl_ms: int) -> None:
        """Make the key live at least so long."""
        self.expire(key, max(ttl_ms, self.deaths_ms.get(key, 0) - self.now_ms))

    def _writable(self, kind: type[Kind], key: str) -> Kind:
        self._remember(key)
        return _expect(kind, key, self.values.setdefault(key, kind()))

    def _remember(self, key: str) -> None:
        if key not in self.written:
            self.written[key] = (copy(self.values.get(key)), self.deaths_ms.get(key))

    def _drop_if_empty(self, key: str) -> None:
        if not self.values[key]:
            self.put(key, None, None)


def _expect(kind: type[Kind], key: str, value: Value) -> Kind:
    if not isinstance(value, kind):
        raise WrongType(key)
    return value
