"""Merges a user into another, step by step, so that whoever meets an unfinished merge can finish it.

    open    known user       its events wait from now on; it names the other as one of its own
    alias   anonymous user   its events are the known user's from now on, so what it has left changes no more
    copy    known user       history and dedupe ids, in parts
    close   known user       totals, attributes, lists served, and its events pass again: one step, once
    strip   anonymous user   what was copied goes; sessions and baskets stay

Each step is one script, can be repeated, and leaves nothing to be lost or counted twice when no other follows: an event
of either user that comes meanwhile waits until its sender has finished the merge.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from redis.asyncio import Redis

from store.aliases import final_user
from store.errors import driver_errors_translated
from store.keys import Keys
from store.script import Scripts
from store.served import LISTS_KEPT

ALIASES_LIMIT = 100
ROUNDS = 5
PAIRS_PER_CALL = 500
_OPEN, _OK, _GONE = "open", "ok", "gone"

#: Who is merged into whom.
Merge = tuple[str, str]
Pair = tuple[str | float, str]


class MergeOutcome(StrEnum):
    """What became of a merge: done, or why it cannot be (BUSY: now)."""

    MERGED = "merged"
    CYCLE = "cycle"
    ELSEWHERE = "elsewhere"
    FULL = "full"
    ERASING = "erasing"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class _Left:
    """What an aliased user has left: the ids by day, each with its key's life (ms) as `served` has it."""

    profile: Mapping[str, str]
    history: Sequence[tuple[str, float]]
    aliases: Mapping[str, str]
    served: Sequence[str]
    served_life_ms: int
    ids: Mapping[int, tuple[Mapping[str, str], int]]


class UserMerger:
    """Merges. Lives as long as its client; holds no state of its own."""

    def __init__(
        self, redis: Redis, keys: Keys, scripts: Scripts, event_ttl_ms: int, history_limit: int
    ) -> None:
        self._redis = redis
        self._keys = keys
        self._scripts = scripts
        self._event_ttl_ms = event_ttl_ms
        self._history_limit = history_limit

    async def merge(self, source: str, target: str, now_ms: int) -> tuple[MergeOutcome, str]:
        """Makes `source` another name of `target`, or of whoever that one was merged into, who is named.

        Some ten round trips. Interrupted (StoreUnavailable), it is resumed by calling it again.
        """
        with driver_errors_translated():
            for _ in range(ROUNDS):
                target = await final_user(self._redis, self._keys, target)
                outcome = await self._round(source, target, now_ms)
                if outcome is not None:
                    return outcome, target
        return MergeOutcome.BUSY, target

    async def finish(self, source: str, target: str, now_ms: int) -> None:
        """Ends a merge that has begun, whoever began it."""
        with driver_errors_translated():
            await self._finish(source, target, now_ms)

    async def _round(self, source: str, target: str, now_ms: int) -> MergeOutcome | None:
        """None: what was in the way is gone, try again."""
        if source == target:
            return MergeOutcome.CYCLE
        answer, other = await self._open(source, target, now_ms)
        if answer == "merging":
            await self._finish(other, target, now_ms)
            return None
        if answer == _OPEN:
            answer, other = await self._finish(source, target, now_ms)
        if answer == "aliased":
            return await self._elsewhere(other, target)
        return None if answer == _GONE else MergeOutcome(answer)

    async def _elsewhere(self, other: str, target: str) -> MergeOutcome | None:
        """When one of both is an alias already: of the other one, of the same user, or of somebody else."""
        behind = await final_user(self._redis, self._keys, target)
        if behind != target:
            return None
        same = await final_user(self._redis, self._keys, other) == target
        return MergeOutcome.MERGED if same else MergeOutcome.ELSEWHERE

    async def _open(self, source: str, target: str, now_ms: int) -> tuple[str, str]:
        arguments = (
            *(target, source, self._tag(source), now_ms, self._event_ttl_ms),
            ALIASES_LIMIT,
        )
        answer, other = await self._scripts.merge_open.run(self._tag(target), arguments)
        return answer, other

    async def _finish(
        self, source: str, target: str, now_ms: int, waiting: Sequence[Merge] = ()
    ) -> tuple[str, str]:
        """From alias to strip: `merged`; `gone` when others have ended it or another merge had to end first; or why it
        cannot be. `waiting`: those that this one keeps from ending.
        """
        answer, said = await self._alias(source, target, "", now_ms)
        if answer == "merging":
            await self._finish_first((said, source), now_ms, (*waiting, (source, target)))
            return _GONE, ""
        if answer != _OK:
            await self._abort(source, target)
            return answer, said
        left = await self._left(source, now_ms)
        for command, key, life_ms, pairs in self._parts(target, left):
            if not await self._copy(source, target, now_ms, (command, key, life_ms, *pairs)):
                return _GONE, ""
        for name in left.aliases:
            await self._alias(name, target, source, now_ms)
        if not await self._close(source, target, now_ms, said, left):
            return _GONE, ""
        await self._strip(source, target, now_ms)
        return MergeOutcome.MERGED, ""

    async def _finish_first(self, merge: Merge, now_ms: int, waiting: Sequence[Merge]) -> None:
        """Ends a merge that others wait for. In a circle all wait for each other: one is given up, always the same."""
        if merge in waiting:
            await self._abort(*max(waiting[waiting.index(merge) :]))
        else:
            await self._finish(*merge, now_ms, waiting)

    async def _abort(self, source: str, target: str) -> None:
        await self._scripts.merge_abort.run(self._tag(target), (target, source))

    async def _alias(self, source: str, target: str, former: str, now_ms: int) -> tuple[str, str]:
        arguments = (source, target, former, now_ms, self._event_ttl_ms)
        answer, said = await self._scripts.merge_alias.run(self._tag(source), arguments)
        return answer, said

    async def _left(self, user: str, now_ms: int) -> _Left:
        """One round trip."""
        keys, days = self._keys, self._keys.id_days(now_ms, self._event_ttl_ms)
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hgetall(keys.profile(user))
            pipe.zrange(keys.history(user), 0, -1, withscores=True)
            pipe.hgetall(keys.aliases(user))
            pipe.lrange(keys.served(user), 0, -1)
            pipe.pttl(keys.served(user))
            for day in days:
                pipe.hgetall(keys.ids(user, day))
                pipe.pttl(keys.ids(user, day))
            profile, history, aliases, served, life_ms, *rest = await pipe.execute()
        ids = zip(days, zip(rest[::2], rest[1::2], strict=True), strict=True)
        return _Left(profile, history, aliases, served, life_ms, dict(ids))

    def _parts(self, target: str, left: _Left) -> Sequence[tuple[str, str, int, list[Any]]]:
        """What is to be copied: command, key, least life (ms), arguments."""
        keys, ttl_ms = self._keys, self._event_ttl_ms
        whole: list[tuple[str, str, int, list[Pair]]] = [
            ("ZADD", keys.history(target), ttl_ms, [(at, act) for act, at in left.history]),
            ("HSETNX", keys.aliases(target), 2 * ttl_ms, list(left.aliases.items())),
        ]
        for day, (ids, life_ms) in left.ids.items():
            whole.append(("HSETNX", keys.ids(target, day), life_ms, list(ids.items())))
        return [
            (
                command,
                key,
                life_ms,
                [part for pair in pairs[i : i + PAIRS_PER_CALL] for part in pair],
            )
            for command, key, life_ms, pairs in whole
            for i in range(0, len(pairs), PAIRS_PER_CALL)
        ]

    async def _copy(self, source: str, target: str, now_ms: int, part: Sequence[str | int]) -> bool:
        arguments = (target, source, now_ms, *part)
        return bool(await self._scripts.merge_copy.run(self._tag(target), arguments))

    async def _close(self, source: str, target: str, now_ms: int, since: str, left: _Left) -> bool:
        fields = [part for field in left.profile.items() for part in field]
        arguments: list[str | int] = [
            *(target, source, since),
            *(now_ms, self._event_ttl_ms, self._history_limit),
            *(self._keys.changes, LISTS_KEPT, left.served_life_ms, len(left.profile)),
            *fields,
            *left.served,
        ]
        return bool(await self._scripts.merge_close.run(self._tag(target), arguments))

    async def _strip(self, source: str, target: str, now_ms: int) -> None:
        days = self._keys.id_days(now_ms, self._event_ttl_ms)
        arguments = (source, target, days[0], days[-1])
        await self._scripts.merge_strip.run(self._tag(source), arguments)

    def _tag(self, user: str) -> str:
        return self._keys.tag(self._keys.partition(user))
