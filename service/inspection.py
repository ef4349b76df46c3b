"""Shows people what Redis holds, with the redis-cli lines that show the same."""

import random
import shlex
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

from service.availability import store_answers
from service.redis_ladder import RedisPlace
from service.settings import Settings
from store.connection import Calls, open_client
from store.evidence import MODEL_LISTS, Claim
from store.inspection import NEIGHBOURS_SHOWN, InspectionStore, KeyGroup, Look, pairs_of

# Numbers of this size are epoch milliseconds: 2001 to 2286.
_TIMES_MS = range(10**12, 10**13)
_UNITS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"))

Row = tuple[str, ...]
_WEIGHED: Row = ("item", "weight")
_LETTER: Row = ("at", "source", "row", "reason", "field", "user", "item", "type", "event_id")


@dataclass(frozen=True, slots=True)
class Table:
    """One key's content. `line` shows the same in redis-cli; `life` says how long it stays."""

    title: str
    line: str
    life: str
    columns: Row
    rows: tuple[Row, ...]


class Inspection:
    """Reads users, items and the key space. Lives as long as its store."""

    def __init__(
        self, store: InspectionStore, prefix: str, cli: str, clock: Callable[[], int]
    ) -> None:
        self._store = store
        self._prefix = prefix
        self._cli = cli
        self._clock = clock

    async def user(self, user_id: str) -> list[Table]:
        """What is kept of the user; empty when nothing is."""
        with store_answers():
            looks = await self._store.user(user_id, self._clock())
        return self._tables(looks)

    async def item(self, item_id: str) -> list[Table]:
        """What is kept of the item; empty when nothing is."""
        with store_answers():
            looks = await self._store.item(item_id, self._clock())
        return [_first(table) for table in self._tables(looks)]

    async def evidence(self, code: str, item_id: str, because: str, user_id: str) -> list[Table]:
        """What stands behind a reason: its code, the item shown, the item it names ("" if none), and to whom.

        Of what has no answer only the first.
        """
        claim = Claim(code, item_id, because, user_id)
        with store_answers():
            looks = await self._store.evidence(claim, self._clock())
        tables = self._tables(looks) or [self._table(look) for look in looks[:1]]
        return [_about(item_id, table) for table in tables]

    async def keys(self, limit: int) -> Table:
        """The key table with what is really there, from at most about `limit` keys."""
        with store_answers():
            census = await self._store.census(limit)
        title = "keys" if census.complete else f"keys (the first {limit:,} or so; more are there)"
        columns = ("key", "type", "count", "expires in", "never expires")
        rows = tuple(map(_group_row, census.groups))
        line = f"{self._cli} --scan --pattern '{self._prefix}*'"
        return Table(title, line, "", columns, rows)

    async def dead_letters(self, limit: int) -> list[Table]:
        """The newest records that were turned away; empty when there are none."""
        with store_answers():
            looks = await self._store.dead_letters(limit)
        return self._tables(looks)

    def _tables(self, looks: Iterable[Look]) -> list[Table]:
        return [self._table(look) for look in looks if look.answer not in (None, [], {}, 0)]

    def _table(self, look: Look) -> Table:
        columns, rows = _content(look)
        line = f"{self._cli} {shlex.join(look.command)}"
        return Table(look.title, line, _life(look.ttl_ms), columns, rows)


@asynccontextmanager
async def open_inspection(
    settings: Settings, place: RedisPlace, clock: Callable[[], int]
) -> AsyncIterator[Inspection]:
    """Opens the Redis of the place for reading. Nothing connects before the first question."""
    client = open_client(place.url)
    try:
        prefix = settings.key_prefix
        store = InspectionStore(client, prefix, Calls(random.Random()))
        yield Inspection(store, prefix, redis_cli(place.url), clock)
    finally:
        await client.aclose()


def redis_cli(url: str) -> str:
    """How to reach a Redis with redis-cli. A URL that holds a password is not shown."""
    parts = urlsplit(url)
    if parts.password or "password" in parse_qs(parts.query):
        return 'redis-cli -u "$TANDEM_REDIS_URL"'
    if "+sentinel://" in url:
        return "redis-cli -h PRIMARY"  # which one that is changes; the Sentinels know
    if url.startswith("unix://"):
        return f"redis-cli -s {shlex.quote(unquote(url.removeprefix('unix://')))}"
    return f"redis-cli -u {shlex.quote(url)}"


def duration(ms: int) -> str:
    """A length of time in its largest unit."""
    for unit_ms, name in _UNITS:
        if ms >= unit_ms:
            return f"{ms / unit_ms:.1f} {name}"
    return f"{ms} ms"


def _content(look: Look) -> tuple[Row, tuple[Row, ...]]:
    command, answer = look.command[0], look.answer
    if isinstance(answer, Exception):
        return ("problem",), ((str(answer),),)
    if command == "HGETALL" and isinstance(answer, dict):
        fields = sorted(answer.items(), key=_strongest_first)
        shown = fields if look.title in ("profile", "catalogue") else fields[:NEIGHBOURS_SHOWN]
        return ("field", "value"), tuple((str(f), _field_value(f, v)) for f, v in shown)
    if command == "ZREVRANGE":
        return ("member", "score"), tuple((m, _value(s)) for m, s in pairs_of(answer))
    if command == "XREVRANGE" and isinstance(answer, list):
        rows = (tuple(fields.get(name, "") for name in _LETTER) for _, fields in answer)
        return _LETTER, tuple((_value(at), *others) for at, *others in rows)
    if look.title in MODEL_LISTS.values() and answer is not None:
        found = str(answer).split(" ")
        return _WEIGHED, tuple(zip(found[::2], found[1::2], strict=True))
    if isinstance(answer, list):
        return ("value",), tuple((str(value),) for value in answer)
    return ("value",), ((_value(answer),),)


def _first(table: Table) -> Table:
    """Of a list that names many items only the first."""
    if table.columns != _WEIGHED:
        return table
    return replace(table, rows=table.rows[:NEIGHBOURS_SHOWN])


def _about(item_id: str, table: Table) -> Table:
    """Of a list that names many items only what it says of this one."""
    if table.columns != _WEIGHED:
        return table
    return replace(table, rows=tuple(row for row in table.rows if row[0] == item_id))


def _strongest_first(entry: tuple[object, object]) -> tuple[float, str]:
    field, value = map(str, entry)
    return (-float(value) if value.isdecimal() else 0.0), field


def _field_value(field: object, value: object) -> str:
    """A revision begins at the time of its first event, but is no time."""
    return str(value) if field == "rev" else _value(value)


def _value(value: object) -> str:
    if value is None:
        return "(nil)"  # as redis-cli writes it
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    if text.isdecimal() and int(text) in _TIMES_MS:
        moment = datetime.fromtimestamp(int(text) / 1000, UTC)
        return f"{text}  {moment:%Y-%m-%d %H:%M:%S}"
    return text


def _life(ttl_ms: int) -> str:
    return "never expires" if ttl_ms < 0 else f"expires in {duration(ttl_ms)}"


def _group_row(group: KeyGroup) -> Row:
    lives = ""
    if group.shortest_ms is not None and group.longest_ms is not None:
        lives = f"{duration(group.shortest_ms)} to {duration(group.longest_ms)}"
    types = ", ".join(sorted(group.types))
    return group.family, types, f"{group.count:,}", lives, f"{group.lasting:,}"
