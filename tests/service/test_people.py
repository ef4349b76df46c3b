"""Who asks at the same time is read together, and nobody pays for another's broken key."""

import asyncio
from collections.abc import AsyncIterator

import fakeredis
import pytest
from redis.exceptions import ResponseError

from service.people import USERS_PER_CALL, People
from service.settings import Settings
from store.events import DEFAULT_EVENT_TYPES, type_table
from tests.clock import Clock
from tests.service.shop import Shop, Wire, open_reader


class Bench:
    def __init__(self, people: People, wire: Wire) -> None:
        self.people = people
        self.wire = wire

    async def items(self, *users: str) -> list[list[str]]:
        states = await asyncio.gather(*map(self.people.load, users))
        return [[act.item for act in state.acts] for state in states]


@pytest.fixture
async def bench(clock: Clock, server: fakeredis.FakeServer, shop: Shop) -> AsyncIterator[Bench]:
    wire = Wire()
    async with open_reader(clock, server, wire) as store:
        people = People(store.users, type_table(DEFAULT_EVENT_TYPES), Settings(), clock)
        yield Bench(people, wire)


async def test_users_who_come_together_are_read_together(shop: Shop, bench: Bench) -> None:
    await shop.view("ann", "ab")
    await shop.view("bob", "c")
    bench.wire.trips.clear()
    assert await bench.items("ann", "bob", "nobody", "ann") == [["b", "a"], ["c"], [], ["b", "a"]]
    assert len(bench.wire.trips) == 1


async def test_more_than_fit_into_one_read_are_all_answered(shop: Shop, bench: Bench) -> None:
    users = [f"u{number}" for number in range(USERS_PER_CALL + 3)]
    for number, user in enumerate(users):
        await shop.view(user, "ab"[number % 2])
    found = await bench.items(*users)
    assert found == [["ab"[number % 2]] for number in range(len(users))]


async def test_whoever_was_merged_is_read_as_who_they_are_now(shop: Shop, bench: Bench) -> None:
    await shop.view("visitor", "a")
    await shop.view("ann", "b")
    await shop.tandem.users.merge("visitor", "ann")
    visitor, ann = await asyncio.gather(*map(bench.people.load, ("visitor", "ann")))
    assert (visitor.user, visitor.acts) == (ann.user, ann.acts) == ("ann", ann.acts)


async def test_what_cannot_be_read_of_one_fails_nobody_else(shop: Shop, bench: Bench) -> None:
    await shop.view("ann", "a")
    await shop.redis.set("tandem:{0}:profile:eve", "broken")
    found = await asyncio.gather(*map(bench.people.load, ("ann", "eve")), return_exceptions=True)
    assert isinstance(found[1], ResponseError)
    assert not isinstance(found[0], BaseException)
    assert [act.item for act in found[0].acts] == ["a"]


async def test_an_act_shows_to_whoever_asks_after_it(shop: Shop, bench: Bench) -> None:
    async with bench.wire.hold():
        early = asyncio.create_task(bench.people.load("ann"))
        await bench.wire.held.wait()
        await shop.view("ann", "a")
        late = asyncio.create_task(bench.people.load("ann"))
        await asyncio.sleep(0)
    await early
    assert [act.item for act in (await late).acts] == ["a"]
