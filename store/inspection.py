"""What Redis holds of a user or an item, and which keys there are: for people, not for the hot path."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product

from redis.asyncio import Redis

from store.connection import Calls
from store.evidence import (
    MODEL_LISTS,
    Claim,
    Command,
    evidence_commands,
    model_commands,
    where_in,
)
from store.keys import DAY_MS, HOUR_MS, PAIR_KINDS, Keys

HISTORY_SHOWN = 20
VISITS_SHOWN = 10
NEIGHBOURS_SHOWN = 10
_PAGE = 1_000

# The rows of the table in `keys.py`; upper-case words stand for ids.
FAMILIES = (
    "meta",
    "{p}:history:USER",
    "{p}:ids:USER:DAY",
    "{p}:profile:USER",
    "{p}:session:USER:NAME",
    "{p}:basket:USER:NAME",
    "{p}:visits:USER",
    "{p}:sessions:GEN:ITEM",
    "{p}:pairs:KIND:GEN:ITEM",
    "{p}:totals:KIND:GEN",
    "{p}:popular:KIND:HOUR",
    "{p}:served:USER",
    "{p}:aliases:USER",
    "{p}:active",
    "{p}:rate:WHAT:WHOSE:MINUTE",
    "{p}:senders:KEY",
    "{p}:senders",
    "{p}:recorded:PROCESS",
    "items",
    "item:ITEM",
    "similar:ITEM",
    "models",
    "walk:VERSION:ITEM",
    "walk:VERSION",
    "collaborative:VERSION:ITEM",
    "collaborative:VERSION",
    "rules",
    "weights:NAME:LAST:WORKER",
    "weights:NAME:LAST",
    "job:current",
    "job:import:DIGEST",
    "job:ID",
    "rate:WINDOW",
    "lock:NAME",
    "dead-letters",
)
UNKNOWN_FAMILY = "(not in the key table)"


@dataclass(frozen=True, slots=True)
class Look:
    """One question to Redis and the answer. `ttl_ms` is PTTL's: -1 for ever, -2 no such key."""

    title: str
    command: Command
    answer: object
    ttl_ms: int


@dataclass(slots=True)
class KeyGroup:
    """All keys of one row of the key table; lives in ms, None where no key has one."""

    family: str
    types: set[str] = field(default_factory=set)
    count: int = 0
    lasting: int = 0
    shortest_ms: int | None = None
    longest_ms: int | None = None

    def add(self, kind: str, ttl_ms: int) -> None:
        self.count += 1
        self.types.add(kind)
        if ttl_ms < 0:
            self.lasting += 1
            return
        self.shortest_ms = min(ttl_ms, self.shortest_ms or ttl_ms)
        self.longest_ms = max(ttl_ms, self.longest_ms or ttl_ms)


@dataclass(frozen=True, slots=True)
class KeyCensus:
    """`complete` is false when there were more keys than were looked at."""

    groups: tuple[KeyGroup, ...]
    complete: bool


class InspectionStore:
    """Reads what is there as it is there. Lives as long as its client."""

    def __init__(self, redis: Redis, prefix: str, calls: Calls) -> None:
        self._redis = redis
        self._prefix = prefix
        self._calls = calls

    async def user(self, user: str, now_ms: int) -> list[Look]:
        """Profile, history, visits, today's ids, lists, then the newest sessions and baskets. Three trips."""
        keys, _ = await self._meta()
        day = now_ms // DAY_MS
        last = str(HISTORY_SHOWN - 1), str(VISITS_SHOWN - 1)
        looks = await self._look(
            {
                "profile": ("HGETALL", keys.profile(user)),
                "history": ("ZREVRANGE", keys.history(user), "0", last[0], "WITHSCORES"),
                "visits": ("ZREVRANGE", keys.visits(user), "0", last[1], "WITHSCORES"),
                "event ids of today": ("HLEN", keys.ids(user, day)),
                "lists shown": ("LRANGE", keys.served(user), "0", last[1]),
            }
        )
        visits = [name for name, _ in pairs_of(looks[2].answer)]
        return looks + await self._look({_visit(v): _visit_command(keys, user, v) for v in visits})

    async def item(self, item: str, now_ms: int) -> list[Look]:
        """The catalogue's row, content neighbours, and what is counted, by partition. Three trips."""
        keys, generation_ms = await self._meta()
        now = now_ms // generation_ms
        asked: dict[str, Command] = {
            "catalogue": ("HGETALL", keys.item(item)),
            "content neighbours": _newest(keys.similar(item), NEIGHBOURS_SHOWN),
            **model_commands(keys, item, await self._versions(keys)),
        }
        for partition, (age, generation) in product(
            range(keys.partitions), (("", now), (", generation before", now - 1))
        ):
            where = where_in(keys, partition) + age
            for kind in PAIR_KINDS:
                key = keys.pairs(partition, kind, generation, item)
                asked[f"{kind} pairs{where}"] = ("HGETALL", key)
            sessions = keys.sessions(partition, generation, item)
            asked[f"sessions{where}"] = ("LRANGE", sessions, "0", str(NEIGHBOURS_SHOWN - 1))
        for partition, kind in product(range(keys.partitions), ("view", "purchase")):
            popular = keys.popular(partition, kind, now_ms // HOUR_MS)
            asked[f"{kind}s this hour{where_in(keys, partition)}"] = ("ZSCORE", popular, item)
        return await self._look(asked)

    async def evidence(self, claim: Claim, now_ms: int) -> list[Look]:
        """What stands behind a reason. Three trips."""
        keys, generation_ms = await self._meta()
        versions = await self._versions(keys)
        return await self._look(evidence_commands(claim, keys, generation_ms, now_ms, versions))

    async def dead_letters(self, count: int) -> list[Look]:
        """The newest records that were turned away. One round trip."""
        key = Keys(self._prefix).dead_letters
        return await self._look({"dead letters": ("XREVRANGE", key, "+", "-", "COUNT", str(count))})

    async def census(self, limit: int) -> KeyCensus:
        """Counts keys by their row of the key table, at most about `limit` of them. Two round trips a thousand."""
        groups: dict[str, KeyGroup] = {}
        seen, complete = 0, True
        async for page in self._pages():
            if seen >= limit:
                complete = False
                break
            seen += len(page)
            for key, kind, ttl_ms in await self._types(page):
                name = family_of(key.removeprefix(self._prefix))
                groups.setdefault(name, KeyGroup(name)).add(kind, ttl_ms)
        order = (*FAMILIES, UNKNOWN_FAMILY)
        return KeyCensus(
            tuple(sorted(groups.values(), key=lambda g: order.index(g.family))), complete
        )

    async def _versions(self, keys: Keys) -> Mapping[str, int]:
        """The current version of each model."""
        held: Mapping[str, str] = await self._calls.ask(lambda: self._redis.hgetall(keys.models))
        return {model: int(held[model]) for model in MODEL_LISTS if model in held}

    async def _meta(self) -> tuple[Keys, int]:
        """Keys and generation as the database has them, whatever the settings say."""
        meta_key = Keys(self._prefix).meta
        held: Mapping[str, str] = await self._calls.ask(lambda: self._redis.hgetall(meta_key))
        keys = Keys(self._prefix, int(held.get("partitions", 1)))
        return keys, int(held.get("generation_ms", 14 * DAY_MS))

    async def _look(self, asked: Mapping[str, Command]) -> list[Look]:
        """One round trip."""

        async def read() -> list[object]:
            async with self._redis.pipeline(transaction=False) as pipe:
                for command in asked.values():
                    pipe.execute_command(*command)
                    pipe.pttl(command[1])
                answers: list[object] = await pipe.execute(raise_on_error=False)
                return answers

        answers = await self._calls.run(read) if asked else []
        lives = (life if isinstance(life, int) else -2 for life in answers[1::2])
        rows = zip(asked.items(), answers[::2], lives, strict=True)
        return [Look(title, command, answer, life) for (title, command), answer, life in rows]

    async def _pages(self) -> AsyncIterator[Sequence[str]]:
        cursor, pattern = 0, f"{self._prefix}*"
        while True:
            page: tuple[int, list[str]] = await self._calls.ask(
                partial(self._redis.scan, cursor, match=pattern, count=_PAGE)
            )
            cursor, keys = page
            yield keys
            if not cursor:
                return

    async def _types(self, keys: Sequence[str]) -> list[tuple[str, str, int]]:
        async def read() -> list[object]:
            async with self._redis.pipeline(transaction=False) as pipe:
                for key in keys:
                    pipe.type(key)
                    pipe.pttl(key)
                answers: list[object] = await pipe.execute()
                return answers

        answers = await self._calls.run(read)
        kinds, lives = map(str, answers[::2]), (int(str(life)) for life in answers[1::2])
        # A key that expired meanwhile has neither.
        return [row for row in zip(keys, kinds, lives, strict=True) if row[1] != "none"]


def family_of(name: str) -> str:
    """The row of the key table that a key, without its prefix, belongs to."""
    return next((f for f, pattern in _PATTERNS if pattern.fullmatch(name)), UNKNOWN_FAMILY)


def pairs_of(answer: object) -> list[tuple[str, float]]:
    """Members with scores, as RESP2 (flat) and RESP3 (nested) write them."""
    if not isinstance(answer, list):
        return []
    if answer and isinstance(answer[0], list | tuple):
        return [(str(member), float(score)) for member, score in answer]
    return [(str(m), float(s)) for m, s in zip(answer[::2], answer[1::2], strict=True)]


def _pattern(family: str) -> re.Pattern[str]:
    escaped = re.escape(family).replace(re.escape("{p}"), r"\{\d+\}")
    return re.compile(re.sub(r"[A-Z]+", ".+", escaped))


_PATTERNS = [(family, _pattern(family)) for family in FAMILIES]


def _newest(key: str, count: int) -> Command:
    return ("ZREVRANGE", key, "0", str(count - 1), "WITHSCORES")


def _visit(member: str) -> str:
    return ("session " if member.startswith("s:") else "basket ") + member[2:]


def _visit_command(keys: Keys, user: str, member: str) -> Command:
    name = member[2:]
    key = keys.session(user, name) if member.startswith("s:") else keys.basket(user, name)
    return ("GET", key)
