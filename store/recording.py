"""Recording events and erasing users: the writes that counts depend on."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from redis.asyncio import Redis

from store.errors import driver_errors_translated
from store.events import Event, EventType, Outcome, Recorded
from store.keys import DAY_MS, MINUTE_MS, Keys
from store.script import Scripts
from store.senders import SenderLimits

ERASING_MS = 60_000
_DEDUPE_DAYS = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """Lives and caps of what is recorded. `event_ttl_ms` is also the length of a generation."""

    event_ttl_ms: int = 14 * DAY_MS
    session_gap_ms: int = 1_800_000
    purchase_window_ms: int = DAY_MS
    history_limit: int = 200
    session_limit: int = 100
    sessions_per_item: int = 500
    events_per_user_per_day: int = 10_000
    trending_hours: int = 48
    senders: SenderLimits = field(default_factory=SenderLimits)


@dataclass(frozen=True, slots=True)
class ErasureReceipt:
    """What an erasure removed: visits taken back from the counts, and keys deleted."""

    visits: int
    keys: int


class EventStore:
    """Records events and erases users. Lives as long as its client; holds no state of its own."""

    def __init__(
        self,
        redis: Redis,
        keys: Keys,
        limits: Limits,
        types: Mapping[str, EventType],
        scripts: Scripts,
    ) -> None:
        self._redis = redis
        self._keys = keys
        self._scripts = scripts
        self._flags = {name: _flags(kind) for name, kind in types.items()}
        self._event_ttl_ms = limits.event_ttl_ms
        self._limits = (
            limits.event_ttl_ms,
            limits.session_gap_ms,
            limits.purchase_window_ms,
            limits.history_limit,
            limits.session_limit,
            limits.sessions_per_item,
            limits.events_per_user_per_day,
            limits.trending_hours,
            *limits.senders.arguments(keys.partitions),
        )

    @property
    def partitions(self) -> int:
        """How many groups there are of users whose events are recorded together."""
        return self._keys.partitions

    def partition(self, user: str) -> int:
        """The user's group, from 0 on."""
        return self._keys.partition(user)

    async def record(self, events: Sequence[Event]) -> list[Recorded]:
        """Records events of one partition in the order given, each wholly or not at all. One round trip.

        Safe to repeat: what an earlier call recorded is answered as a duplicate.
        """
        arguments: list[str | int] = list(self._limits)
        for event in events:
            arguments += (
                event.user,
                event.item,
                event.type,
                self._flags[event.type] + ("k" if event.catalogued else ""),
                event.event_id,
                event.fingerprint,
                event.at_ms,
                event.now_ms,
                event.session_id,
                event.order_id,
                event.clock_ms,
                event.sender,
            )
        tag = self._keys.tag(self._keys.partition(events[0].user))
        answers = await self._scripts.record.run(tag, arguments)
        return [Recorded(Outcome(answers[i]), answers[i + 1]) for i in range(0, len(answers), 2)]

    async def erase(self, user: str, now_ms: int) -> ErasureReceipt:
        """Takes all of a user back. Two reads, one short script a visit, two writes for the rest: a round trip each.

        The user's events are refused meanwhile. Interrupted (StoreUnavailable), it is resumed by calling it again.
        """
        with driver_errors_translated():
            return await self._erase(user, now_ms)

    async def _erase(self, user: str, now_ms: int) -> ErasureReceipt:
        keys = self._keys
        tag = keys.tag(keys.partition(user))
        known = await self._redis.exists(keys.profile(user))
        visits = await self._erase_visits(user, tag, now_ms)
        first = (now_ms - self._event_ttl_ms) // DAY_MS - _DEDUPE_DAYS
        last = now_ms // DAY_MS + 1
        removed = await self._forget_rates(user, now_ms)
        removed += await self._scripts.erase_user.run(tag, (user, first, last))
        marks = 1 - known  # the mark that keeps events off is a profile, which was not there before
        return ErasureReceipt(visits=visits, keys=removed + visits - marks)

    async def _forget_rates(self, user: str, now_ms: int) -> int:
        """What the user has sent lately would name them for two minutes."""
        partition, minute = self._keys.partition(user), now_ms // MINUTE_MS
        near = [self._keys.rate(partition, "user", user, minute + n) for n in (-1, 0, 1)]
        return int(await self._redis.unlink(*near))

    async def _erase_visits(self, user: str, tag: str, now_ms: int) -> int:
        erased = await self._redis.zcard(self._keys.visits(user))
        began, left = time.monotonic(), 1
        while left:
            spent_ms = round((time.monotonic() - began) * 1000)  # each step holds events off anew
            left = await self._scripts.erase_visit.run(
                tag, (self._event_ttl_ms, user, now_ms + spent_ms, ERASING_MS)
            )
        return int(erased)


def _flags(event_type: EventType) -> str:
    return ("w" if event_type.weight else "") + ("t" if event_type.touches else "")
