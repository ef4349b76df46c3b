"""All that Redis holds of a user, name by name and visit by visit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from redis.asyncio import Redis

from store.connection import Calls
from store.keys import Keys
from store.served import Served, read_served
from store.users import Act, read_act

KINDS = {"s": "session", "b": "basket"}


@dataclass(frozen=True, slots=True)
class KeptOfUser:
    """What is kept under one name of a user: the profile as it is; acts newest first; ids of events by day (days since
    1970) with their fingerprints; the names of sessions (`s:NAME`) and baskets (`b:NAME`), oldest first; the ids of the
    write keys that they were first seen with.
    """

    user: str
    profile: Mapping[str, str]
    acts: Sequence[Act]
    ids: Mapping[int, Mapping[str, str]]
    served: Sequence[Served]
    visits: Sequence[str]
    brought_by: Sequence[str]

    @property
    def anything(self) -> bool:
        return bool(self.profile or self.acts or self.ids or self.served or self.visits)


@dataclass(frozen=True, slots=True)
class Entry:
    """One touch of a session or purchase of a basket (type `refund`: sent back), at (ms) by which it was counted."""

    item: str
    type: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class KeptVisit:
    """A session or a basket, as `kind` says, and the items under which others' lists find the session."""

    kind: str
    name: str
    started_ms: int
    last_ms: int
    entries: Sequence[Entry]
    listed_under: Sequence[str]


class ExportStore:
    """Reads, for the user themselves. Lives as long as its client."""

    def __init__(self, redis: Redis, keys: Keys, calls: Calls, event_ttl_ms: int) -> None:
        self._redis = redis
        self._keys = keys
        self._calls = calls
        self._event_ttl_ms = event_ttl_ms

    async def kept(self, user: str, now_ms: int) -> KeptOfUser:
        """What is kept under that name. Three round trips."""
        keys, days = self._keys, self._keys.id_days(now_ms, self._event_ttl_ms)

        async def read() -> list[Any]:
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.hgetall(keys.profile(user))
                pipe.zrevrange(keys.history(user), 0, -1, withscores=True)
                pipe.lrange(keys.served(user), 0, -1)
                pipe.zrange(keys.visits(user), 0, -1)
                for day in days:
                    pipe.hgetall(keys.ids(user, day))
                return await pipe.execute()

        profile, history, served, visits, *ids = await self._calls.run(read)
        return KeptOfUser(
            user=user,
            profile=profile,
            acts=[read_act(member, at) for member, at in history],
            ids={day: held for day, held in zip(days, ids, strict=True) if held},
            served=[read_served(text) for text in served],
            visits=visits,
            brought_by=await self._brought_by(user),
        )

    async def _brought_by(self, user: str) -> Sequence[str]:
        partition = self._keys.partition(user)
        senders = partial(self._redis.zrange, self._keys.senders(partition), 0, -1)
        names: list[str] = await self._calls.ask(senders)

        async def read() -> list[float | None]:
            async with self._redis.pipeline(transaction=False) as pipe:
                for name in names:
                    pipe.zscore(self._keys.brought(partition, name), user)
                return await pipe.execute()

        since = await self._calls.run(read) if names else []
        return [name for name, at in zip(names, since, strict=True) if at is not None]

    async def visits(self, user: str, names: Sequence[str]) -> Sequence[KeptVisit]:
        """These visits of the user, without those that have expired. Two round trips."""
        keys = [self._key(user, name) for name in names]
        texts: list[str | None] = await self._calls.ask(lambda: self._redis.mget(keys))
        found = [_Parsed(name, text) for name, text in zip(names, texts, strict=True) if text]
        places = iter(await self._places(user, found))
        return [visit.kept(places) for visit in found]

    async def _places(self, user: str, visits: Sequence["_Parsed"]) -> Sequence[int | None]:
        """For each listable entry of each visit, the place of the session among those of the item."""
        keys, partition = self._keys, self._keys.partition(user)

        async def read() -> list[int | None]:
            async with self._redis.pipeline(transaction=False) as pipe:
                for visit in visits:
                    for entry in visit.listable:
                        generation = entry.at_ms // self._event_ttl_ms
                        held = keys.sessions(partition, generation, entry.item)
                        pipe.lpos(held, f"{user}:{visit.name}")
                return await pipe.execute()

        return await self._calls.run(read)

    def _key(self, user: str, member: str) -> str:
        kind, _, name = member.partition(":")
        return self._keys.session(user, name) if kind == "s" else self._keys.basket(user, name)


class _Parsed:
    """A visit as its string says, `LAST START item|type|offset ...`: LAST in ms, the others in s."""

    def __init__(self, member: str, text: str) -> None:
        kind, _, self.name = member.partition(":")
        last, start, *entries = text.split(" ")
        self._kind = KINDS[kind]
        self._last_ms, self._start_s = int(last), int(start)
        self._entries = [self._entry(*entry.split("|")) for entry in entries]

    @property
    def listable(self) -> Sequence[Entry]:
        """The first touch of each item: under it the session is listed, if it still is."""
        if self._kind != "session":
            return ()
        return list({entry.item: entry for entry in reversed(self._entries)}.values())

    def kept(self, places: Iterator[int | None]) -> KeptVisit:
        """With the place of the session in the list of each listable entry, None where it has left."""
        under = [entry.item for entry in self.listable if next(places) is not None]
        started_ms = self._start_s * 1000
        return KeptVisit(
            self._kind, self.name, started_ms, self._last_ms, self._entries, sorted(under)
        )

    def _entry(self, item: str, type_: str, offset: str) -> Entry:
        return Entry(item, type_, (self._start_s + int(offset)) * 1000)
