"""A user's own state: what they did, their revision and attributes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from redis.asyncio import Redis

from store.aliases import ALIAS, HOPS, final_user
from store.connection import Calls
from store.keys import Keys
from store.script import Run, Scripts, run_together

#: Of so many acts at most one run of the script answers, if more than one user has them: others get in between.
ACTS_PER_RUN = 2_000
_TOTAL = "n:"
_ATTRIBUTE = "a:"


@dataclass(slots=True)
class Act:
    """One event of a user's history."""

    event_id: str
    type: str
    item: str
    at_ms: int


@dataclass(slots=True)
class UserState:
    """What one read tells of a user: revision 0 when nothing is known; `session` the current one's name; acts newest
    first. `user` is who they are now: another than was asked for, if that one was merged into them."""

    user: str
    revision: int
    session: str
    acts: tuple[Act, ...]
    attributes: Mapping[str, str]
    totals: Mapping[str, int]
    last_ms: int | None

    @property
    def known(self) -> bool:
        return bool(self.acts or self.totals or self.attributes)


class UserStore:
    """Reads users. Lives as long as its client; caches nothing, so that one's own act shows at once."""

    def __init__(
        self, redis: Redis, keys: Keys, scripts: Scripts, calls: Calls, event_ttl_ms: int
    ) -> None:
        self._redis = redis
        self._keys = keys
        self._scripts = scripts
        self._calls = calls
        self._event_ttl_ms = event_ttl_ms

    async def load(self, users: Sequence[str], acts: int, now_ms: int) -> list[UserState]:
        """Of each user the newest `acts` acts and the profile. One round trip for all; one more where somebody was
        merged into another user.
        """
        names = list(users)
        read = await self._read(names, acts)
        for _ in range(HOPS):
            merged = [place for place, (_, profile) in enumerate(read) if ALIAS in profile]
            if not merged:
                break
            for place in merged:
                names[place] = read[place][1][ALIAS]
            behind = await self._read([names[place] for place in merged], acts)
            for place, answer in zip(merged, behind, strict=True):
                read[place] = answer
        oldest_ms = now_ms - self._event_ttl_ms
        return [_state(name, *row, oldest_ms) for name, row in zip(names, read, strict=True)]

    async def _read(
        self, users: Sequence[str], acts: int
    ) -> list[tuple[Sequence[str], Mapping[str, str]]]:
        """Of each user the history, members and times in turn, and the profile."""
        groups = self._groups(users, max(1, ACTS_PER_RUN // max(acts, 1)))
        runs = [
            Run(self._scripts.users, tag, (acts, *[users[place] for place in places]))
            for tag, places in groups
        ]
        replies = await self._calls.run(partial(run_together, self._redis, runs))
        found: dict[int, tuple[Sequence[str], Mapping[str, str]]] = {}
        for (_, places), rows in zip(groups, replies, strict=True):
            for place, history, profile in zip(places, rows[::2], rows[1::2], strict=True):
                found[place] = history, dict(zip(profile[::2], profile[1::2], strict=True))
        return [found[place] for place in range(len(users))]

    def _groups(self, users: Sequence[str], most: int) -> list[tuple[str, Sequence[int]]]:
        """The places of users of one partition each, `most` together, with what its keys start with."""
        places: dict[int, list[int]] = {}
        for place, user in enumerate(users):
            places.setdefault(self._keys.partition(user), []).append(place)
        return [
            (self._keys.tag(partition), there[start : start + most])
            for partition, there in places.items()
            for start in range(0, len(there), most)
        ]

    async def revisions(self, users: Sequence[str]) -> list[int]:
        """The users' revisions, 0 for unknown ones. One round trip; two where somebody was merged into another user."""
        held = await self._revisions(users)
        merged = [place for place, (_, alias) in enumerate(held) if alias is not None]
        if merged:
            behind = await self._revisions([held[place][1] or "" for place in merged])
            for place, answer in zip(merged, behind, strict=True):
                held[place] = answer
        return [int(revision or 0) for revision, _ in held]

    async def _revisions(self, users: Sequence[str]) -> list[Sequence[str | None]]:
        """Each user's revision and alias."""

        async def read() -> list[Sequence[str | None]]:
            async with self._redis.pipeline(transaction=False) as pipe:
                for user in users:
                    pipe.hmget(self._keys.profile(user), "rev", ALIAS)
                return await pipe.execute()

        return await self._calls.run(read)

    async def set_attributes(self, user: str, attributes: Mapping[str, str]) -> None:
        """Replaces the user's attributes. One round trip for who they are, one for the fields that go, one to write."""
        final = await self._calls.run(lambda: final_user(self._redis, self._keys, user))
        key = self._keys.profile(final)

        held: list[str] = await self._calls.ask(lambda: self._redis.hkeys(key))
        gone = [name for name in held if name.startswith(_ATTRIBUTE)]

        async def write() -> None:
            async with self._redis.pipeline(transaction=True) as pipe:
                if gone:
                    pipe.hdel(key, *gone)
                if attributes:
                    pipe.hset(key, mapping={_ATTRIBUTE + k: v for k, v in attributes.items()})
                pipe.pexpire(key, self._event_ttl_ms)
                await pipe.execute()

        await self._calls.run(write)

    async def active_since(self, since_ms: int, most: int | None = None) -> list[str]:
        """Users with an event since then; with `most` about so many of them, those who acted last. One round trip a
        partition.
        """
        last = -1 if most is None else -(-most // self._keys.partitions) - 1
        users: list[str] = []
        for partition in range(self._keys.partitions):
            key = self._keys.active(partition)
            read = partial(self._redis.zrevrange, key, 0, last, withscores=True)
            rows: list[tuple[str, float]] = await self._calls.ask(read)
            users += [user for user, at_ms in rows if at_ms >= since_ms]
        return users

    async def any_active(self, now_ms: int) -> bool:
        """Whether anybody has an event that still lives. At most one round trip a partition."""
        oldest_ms = now_ms - self._event_ttl_ms
        for partition in range(self._keys.partitions):
            count = partial(self._redis.zcount, self._keys.active(partition), oldest_ms, "+inf")
            if await self._calls.ask(count):
                return True
        return False


def _state(
    user: str,
    history: Sequence[str],
    profile: Mapping[str, str],
    oldest_ms: int,
) -> UserState:
    return UserState(
        user=user,
        revision=int(profile.get("rev", 0)),
        session=profile.get("session", ""),
        acts=tuple(
            act for act in map(read_act, history[::2], history[1::2]) if act.at_ms >= oldest_ms
        ),
        attributes={k[2:]: v for k, v in profile.items() if k.startswith(_ATTRIBUTE)},
        totals={k[2:]: int(v) for k, v in profile.items() if k.startswith(_TOTAL)},
        last_ms=int(profile["last"]) if "last" in profile else None,
    )


def member_of(act: Act) -> str:
    """The act as the member of a history."""
    return f"{act.event_id}|{act.type}|{act.item}"


def read_act(member: str, at: str | float) -> Act:
    """An act from its member of a history, and when it was."""
    event_id, event_type, item = member.split("|")
    return Act(event_id, event_type, item, int(at))
