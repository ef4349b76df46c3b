"""Recording events, erasing and merging users: the writes that counts depend on."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from secrets import token_hex
from typing import Any

from redis.asyncio import Redis

from store.aliases import final_user, merged_into
from store.erasing import Eraser, ErasureReceipt
from store.errors import StoreUnavailable, driver_errors_translated
from store.events import Event, EventType, Outcome, Recorded
from store.forwarding import Forwarding
from store.keys import DAY_MS, Keys
from store.lane import Behind, Lane
from store.linked_client import connect_anew, is_linked
from store.merging import MergeOutcome, UserMerger
from store.replication import NOT_ASKED, Replication, run_replicated
from store.script import Scripts
from store.senders import SenderLimits

LEAST_KEPT = 100  # of each partition, however many there are
_OUTCOMES = (*Outcome,)  # by number, as the script says them


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
    replication: Replication = NOT_ASKED
    kept_events: int = 20_000


class EventStore:
    """Records events, erases and merges users. Lives as long as its client.

    The newest events that were acknowledged here are kept for a minute, and written again where Redis loses them.
    """

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
        self._replication = limits.replication
        ttl_ms = limits.event_ttl_ms
        self._eraser = Eraser(redis, keys, scripts, ttl_ms)
        self._merger = UserMerger(redis, keys, scripts, ttl_ms, limits.history_limit)
        self._forwarding = Forwarding(self._record, self._merger, keys)
        self._process = token_hex(8)
        share = max(limits.kept_events // keys.partitions, LEAST_KEPT) if limits.kept_events else 0
        #: Only what goes over one connection is sure to arrive in its order; replicas are waited for over others.
        self.calls_at_once = 2 if is_linked(redis) and not limits.replication.replicas else 1
        self._lanes = [
            Lane(
                partial(self._send, keys.tag(number)),
                share,
                at_once=self.calls_at_once,
                reconnect=partial(connect_anew, redis),
            )
            for number in range(keys.partitions)
        ]
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
        """Records events of one partition in the order given, each wholly or not at all. One round trip; more where
        a user was merged into another, whose events they are then.

        Safe to repeat: what an earlier call recorded is answered as a duplicate. StoreUnavailable where replicas are
        to confirm and too few do.
        """
        lane = self._lane(events)
        answers = await self._forwarding.settled(events, await lane.record(events))
        await self._settle_strays(lane)
        return answers

    async def check_kept(self) -> None:
        """Writes again what Redis has lost since, in partitions where nothing is being recorded."""
        for lane in self._lanes:
            await lane.check()
            await self._settle_strays(lane)

    def forget(self, users: Collection[str]) -> None:
        """Users were erased, here or elsewhere: nothing of them is written again."""
        for lane in self._lanes:
            lane.forget(users)

    @property
    def written_again(self) -> int:
        """How many events Redis had lost and has again."""
        return sum(lane.written_again for lane in self._lanes)

    async def _settle_strays(self, lane: Lane) -> None:
        """Those that cannot be passed on now are tried again with the next events: these have their answers."""
        for stray in tuple(lane.strays):
            with suppress(StoreUnavailable):
                await self._forwarding.settled([stray[0]], [stray[1]])
                lane.strays = [other for other in lane.strays if other is not stray]

    async def _record(self, events: Sequence[Event]) -> list[Recorded]:
        return await self._lane(events).record(events)

    def _lane(self, events: Sequence[Event]) -> Lane:
        return self._lanes[self.partition(events[0].user)]

    async def _send(
        self, tag: str, events: Sequence[Event], demanded: int, group: int
    ) -> list[Recorded] | Behind:
        arguments: list[str | int] = [*self._limits, self._process, demanded, group]
        for event in events:
            arguments += (
                event.user,
                event.item,
                event.type,
                self._flags[event.type] + "k" * event.catalogued + "a" * event.again,
                event.event_id,
                event.fingerprint,
                event.at_ms,
                event.now_ms,
                event.session_id,
                event.order_id,
                event.clock_ms,
                event.sender,
            )
        answers = await self._run(tag, arguments)
        if isinstance(answers, int):
            return Behind(answers)
        return [_recorded(*answers[i : i + 2]) for i in range(0, len(answers), 2)]

    async def _run(self, tag: str, arguments: Sequence[str | int]) -> Any:
        script, wanted = self._scripts.record, self._replication
        if not wanted.replicas:
            return await script.run(tag, arguments)
        return await run_replicated(self._redis, script, tag, arguments, wanted)

    async def names(self, user: str) -> Sequence[str]:
        """All ids of the user, first the one behind the others. Three round trips, one more for each merge passed."""
        with driver_errors_translated():
            final = await final_user(self._redis, self._keys, user)
            return [final, *await merged_into(self._redis, self._keys, final)]

    async def erase(self, user: str, now_ms: int) -> ErasureReceipt:
        """Takes all of a user back, with all that was merged into them; see Eraser.erase."""
        receipt = await self._eraser.erase(user, now_ms)
        self.forget(receipt.users)
        return receipt

    async def merge(self, source: str, target: str, now_ms: int) -> tuple[MergeOutcome, str]:
        """Makes one user another name of another; see UserMerger.merge."""
        return await self._merger.merge(source, target, now_ms)


def _recorded(outcome: int, said: int | str) -> Recorded:
    """An answer of the script, which says a revision or names a user."""
    if isinstance(said, str):
        return Recorded(_OUTCOMES[outcome], 0, said)
    return Recorded(_OUTCOMES[outcome], said)


def _flags(event_type: EventType) -> str:
    return ("w" if event_type.weight else "") + ("t" if event_type.touches else "")
