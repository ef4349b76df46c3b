"""What Redis loses of the newest acknowledged events is written again, once, in order, before anything new."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from redis.exceptions import ConnectionError, ResponseError

from store.events import Event, Outcome, Recorded
from store.keys import DAY_MS, Keys
from store.lane import JOINED, KEPT_S, QUIET_S, Behind, Lane
from store.recording import EventStore, Limits
from store.script import load_scripts
from tests.clock import START_MS
from tests.store.dump import dump, names
from tests.store.server import Server
from tests.store.twins import TYPES

KEYS = Keys(partitions=2)


def act(number: int, user: str = "ann") -> Event:
    at_ms = START_MS + 1_000 * number
    return Event(user, f"item-{number}", "view", f"e{number}", "sent", at_ms, at_ms)


class World:
    """A database that can be put back to how it was, as if a replica were promoted that lags."""

    def __init__(self, server: Server) -> None:
        self.redis = server.client()
        self.redis.flushall()
        self.client = server.async_client()
        self._raw = server.raw_client()
        self._copies: dict[str, bytes] = {}

    async def open(self, kept_events: int = 100) -> EventStore:
        scripts, limits = await load_scripts(self.client), Limits(kept_events=kept_events)
        return EventStore(self.client, KEYS, limits, TYPES, scripts)

    async def aclose(self) -> None:
        self.redis.close()
        self._raw.close()
        await self.client.aclose()

    def copy(self) -> None:
        self._copies = {key: self._raw.dump(key) or b"" for key in names(self.redis, KEYS.prefix)}

    def fail_over(self) -> None:
        self.redis.flushall()
        for key, value in self._copies.items():
            self._raw.restore(key, DAY_MS, value)

    def everything(self) -> dict[str, Any]:
        return dump(self.redis, KEYS.prefix)


@pytest.fixture
async def world(server: Server) -> AsyncIterator[World]:
    world = World(server)
    yield world
    await world.aclose()


async def record(store: EventStore, *events: Event) -> list[Outcome]:
    return [(await store.record([event]))[0].outcome for event in events]


async def test_the_next_event_finds_what_was_lost_before_it(world: World) -> None:
    store = await world.open()
    await record(store, *map(act, range(3)))
    world.copy()
    await record(store, *map(act, range(3, 6)))
    await record(store, act(6))
    whole = world.everything()
    world.fail_over()
    assert await record(store, act(6)) == [Outcome.DUPLICATE]
    assert world.everything() == whole
    assert store.written_again == 4


async def test_what_an_emptied_redis_has_lost_is_found_without_a_new_event(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await world.open()
    await record(store, act(1), act(2, "bob"), act(3, "eve"))
    whole = world.everything()
    world.fail_over()
    await store.check_kept()
    assert world.everything() == {}, "an event came just now: the next one would tell"
    monkeypatch.setattr("store.lane.QUIET_S", 0.0)
    await store.check_kept()
    again = world.everything()
    for user in ("ann", "bob", "eve"):
        assert int(again[KEYS.profile(user)].pop("rev")) >= int(
            whole[KEYS.profile(user)].pop("rev")
        )
    assert again == whole
    assert store.written_again == 3


async def test_another_process_knows_nothing_of_it(world: World) -> None:
    store, other = await world.open(), await world.open()
    await record(store, act(1))
    world.fail_over()
    await record(other, act(2))
    assert world.redis.zcard(KEYS.history("ann")) == 1
    await record(store, act(3))
    assert world.redis.zcard(KEYS.history("ann")) == 3


async def test_erased_users_are_not_written_again(world: World) -> None:
    store, other = await world.open(), await world.open()
    await record(store, act(1), act(2, "bob"))
    await other.erase("ann", START_MS + 60_000)
    store.forget(["ann"])
    world.fail_over()
    await record(store, act(3, "ann"), act(4, "bob"))
    kept = [world.redis.zrange(KEYS.history(user), 0, -1) for user in ("ann", "bob")]
    assert kept == [["e3|view|item-3"], ["e2|view|item-2", "e4|view|item-4"]]


async def test_users_merged_since_get_them_too(world: World) -> None:
    store, other = await world.open(), await world.open()
    world.copy()
    await record(store, act(1, "visitor"))
    world.fail_over()
    await other.merge("visitor", "ann", START_MS + 60_000)
    await record(store, act(2, "visitor"))
    assert world.redis.zrange(KEYS.history("ann"), 0, -1) == ["e1|view|item-1", "e2|view|item-2"]


async def test_of_too_many_the_newest_are_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.recording.LEAST_KEPT", 1)
    store = await world.open(kept_events=2 * KEYS.partitions)
    await record(store, *map(act, range(5)))
    world.fail_over()
    await record(store, act(5))
    assert world.redis.zrange(KEYS.history("ann"), 0, 0) == ["e3|view|item-3"]


async def test_of_each_of_many_partitions_some_are_kept(world: World) -> None:
    store = await world.open(kept_events=1)
    await record(store, *map(act, range(5)))
    world.fail_over()
    await record(store, act(5))
    assert world.redis.zcard(KEYS.history("ann")) == 6


async def test_none_is_kept_where_none_is_asked_for(world: World) -> None:
    store = await world.open(kept_events=0)
    await record(store, act(1))
    world.fail_over()
    await record(store, act(2))
    assert world.redis.zrange(KEYS.history("ann"), 0, -1) == ["e2|view|item-2"]


class Far:
    """The other end of a lane: takes groups as Redis does, forgets them, and fails, when it is told to."""

    def __init__(self) -> None:
        self.groups: list[tuple[int, list[str]]] = []
        self.fails_before: list[int] = []
        self.now_s = 0.0
        self.poison = ""
        self.clocks_ms: dict[str, int] = {}
        self.while_sending: Callable[[], None] = lambda: None
        self.lane = Lane(self.send, 100, lambda: self.now_s)

    async def send(
        self, events: Sequence[Event], demanded: int, number: int
    ) -> list[Recorded] | Behind:
        if len(self.groups) in self.fails_before:
            self.fails_before.remove(len(self.groups))
            raise ConnectionError
        if self.poison in [event.event_id for event in events]:
            raise ResponseError("WRONGTYPE")
        self.while_sending()
        self.clocks_ms.update({event.event_id: event.clock_ms for event in events})
        newest = self.groups[-1][0] if self.groups else 0
        if newest < demanded:
            return Behind(newest)
        self.groups.append((number, [event.event_id for event in events]))
        return [Recorded(Outcome.NEW, 1) for _ in events]

    @property
    def ids(self) -> list[str]:
        return [event_id for _, group in self.groups for event_id in group]

    async def record(self, *numbers: int) -> None:
        for number in numbers:
            await self.lane.record([act(number)])


async def test_what_fails_half_way_goes_on_where_it_ended() -> None:
    far = Far()
    await far.record(1, 2, 3, 4)
    del far.groups[1:]
    far.fails_before = [1, 2]
    for _ in range(2):
        with pytest.raises(ConnectionError):
            await far.record(5)
    await far.record(5)
    assert far.ids == ["e1", "e2", "e3", "e4", "e5"]


async def test_what_is_lost_again_is_written_again_again() -> None:
    far = Far()
    await far.record(1, 2, 3, 4)
    del far.groups[2:]
    far.fails_before = [3]
    with pytest.raises(ConnectionError):
        await far.record(5)
    del far.groups[1:]
    await far.record(5)
    assert far.ids == ["e1", "e2", "e3", "e4", "e5"]


async def test_what_was_acknowledged_long_ago_is_not_written_again() -> None:
    far = Far()
    await far.record(1)
    far.now_s = 1.2 * KEPT_S
    await far.record(2)
    far.groups.clear()
    await far.record(3)
    assert far.ids == ["e2", "e3"]


async def test_a_user_who_was_lost_begins_by_the_clock_of_now() -> None:
    """Whichever of their events comes first, of this process or another: their revision does not go back."""
    far = Far()
    await far.record(1)
    far.now_s = 5.0
    far.groups.clear()
    await far.record(2)
    assert far.ids == ["e1", "e2"]
    assert far.clocks_ms["e1"] == act(1).now_ms + 5_000
    far.now_s = 8.0
    far.groups.clear()
    await far.record(3)
    assert far.clocks_ms["e1"] == act(1).now_ms + 8_000, "also where they are lost again"


async def test_while_redis_is_away_nothing_grows_old() -> None:
    far = Far()
    await far.record(1, 2)
    far.now_s = 5 * KEPT_S
    del far.groups[1:]
    await far.lane.check()
    assert far.ids == ["e1", "e2"]


async def test_without_anything_kept_nothing_is_asked() -> None:
    far = Far()
    await far.lane.check()
    await far.record(1)
    far.now_s = QUIET_S
    await far.lane.check()
    far.now_s = 2 * KEPT_S
    for _ in range(3):
        await far.lane.check()
    assert [ids for _, ids in far.groups] == [["e1"], [], []]


async def test_after_a_quiet_day_nothing_is_missed(caplog: pytest.LogCaptureFixture) -> None:
    far = Far()
    await far.record(1)
    far.now_s = 2 * KEPT_S
    await far.lane.check()
    far.groups.clear()  # the number of a process that is silent expires
    await far.record(2)
    assert far.ids == ["e2"]
    assert caplog.records == []


async def test_many_small_groups_are_written_again_in_few_calls() -> None:
    far = Far()
    await far.record(*range(40))
    far.groups.clear()
    await far.record(40)
    assert far.ids == [f"e{number}" for number in range(41)]
    assert len(far.groups) == 40 // JOINED + 1


async def test_an_event_that_redis_cannot_take_holds_nobody_up() -> None:
    far = Far()
    await far.record(1, 2, 3)
    far.groups.clear()
    far.poison = "e2"
    await far.record(4)
    assert far.ids == ["e1", "e3", "e4"]


async def test_who_is_erased_meanwhile_is_not_kept_for_another_minute() -> None:
    far = Far()
    await far.record(1)
    await far.lane.record([act(2, "bob")])
    far.groups.clear()
    far.while_sending = lambda: far.lane.forget(["ann"])
    await far.lane.record([act(3, "bob")])
    far.groups.clear()
    await far.lane.record([act(4, "bob")])
    assert far.ids == ["e2", "e3", "e4"]


async def test_groups_never_overtake_each_other() -> None:
    far = Far()
    await far.record(1, 2, 3)
    far.groups.clear()
    await asyncio.gather(far.record(4), far.record(5), far.lane.record([act(6), act(7)]))
    assert far.ids == [f"e{number}" for number in range(1, 8)]
