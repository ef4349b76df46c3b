"""Groups sent before the one ahead of them is answered: none that was acknowledged is lost unseen."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from redis.exceptions import ConnectionError

from store.events import Event, Outcome, Recorded
from store.lane import Behind, Lane
from tests.clock import START_MS


def act(event_id: str) -> Event:
    return Event("ann", "tent", "view", event_id, "sent", START_MS, START_MS)


@dataclass
class Asked:
    """A group that was sent, and the future of its answer."""

    ids: list[str]
    demanded: int
    number: int
    answer: asyncio.Future[list[Recorded] | Behind]

    def take(self) -> None:
        self.answer.set_result([Recorded(Outcome.NEW, 1)] * len(self.ids))


class Far:
    """The other end of a lane, which answers when and as it is told."""

    def __init__(self, at_once: int = 2) -> None:
        self.asked: list[Asked] = []
        self.lane = Lane(self.send, 100, at_once=at_once)

    async def send(
        self, events: Sequence[Event], demanded: int, number: int
    ) -> list[Recorded] | Behind:
        answer: asyncio.Future[list[Recorded] | Behind] = asyncio.Future()
        self.asked.append(Asked([event.event_id for event in events], demanded, number, answer))
        return await answer

    async def begin(self, event_id: str) -> asyncio.Task[list[Recorded]]:
        task = asyncio.create_task(self.lane.record([act(event_id)]))
        await turns()
        return task


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
async def far() -> Far:
    return Far()


async def test_two_are_under_way_and_each_demands_the_one_ahead(far: Far) -> None:
    tasks = [await far.begin(event_id) for event_id in ("a", "b", "c")]
    assert [(one.demanded, one.number) for one in far.asked] == [(0, 1), (1, 2)]
    far.asked[0].take()
    await turns()
    assert [(one.demanded, one.number) for one in far.asked] == [(0, 1), (1, 2), (2, 3)]
    for one in far.asked[1:]:
        one.take()
    assert await asyncio.gather(*tasks) == [[Recorded(Outcome.NEW, 1)]] * 3


async def test_what_stood_behind_a_failure_is_sent_again(
    far: Far, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = await far.begin("a"), await far.begin("b")
    far.asked[0].answer.set_exception(ConnectionError())
    far.asked[1].answer.set_result(Behind(0))
    with pytest.raises(ConnectionError):
        await first
    await turns()
    assert (far.asked[2].ids, far.asked[2].demanded) == (["b"], 0)
    far.asked[2].take()
    assert await second == [Recorded(Outcome.NEW, 1)]
    assert caplog.text == "", "nothing was lost"


async def test_what_another_server_has_acknowledged_goes_ahead_of_the_next(far: Far) -> None:
    first, second = await far.begin("a"), await far.begin("b")
    far.asked[1].answer.set_result(Behind(0))  # by a server that has not taken the first
    await turns()
    assert len(far.asked) == 2, "who knows what becomes of the first?"
    far.asked[0].take()
    assert await first == [Recorded(Outcome.NEW, 1)]
    await turns()
    assert (far.asked[2].ids, far.asked[2].demanded) == (["b"], 1)
    far.asked[2].answer.set_result(Behind(0))
    await turns()
    assert (far.asked[3].ids, far.asked[3].demanded) == (["a"], 0)
    far.asked[3].take()
    await turns()
    far.asked[4].take()
    assert far.asked[4].ids == ["b"]
    assert await second == [Recorded(Outcome.NEW, 1)]


async def test_nothing_is_written_again_while_another_is_under_way(far: Far) -> None:
    before = await far.begin("a")
    far.asked[0].take()
    await before
    first, second = await far.begin("b"), await far.begin("c")
    far.asked[1].answer.set_result(Behind(0))
    await turns()
    assert len(far.asked) == 3, "the second may still be taken"
    far.asked[2].answer.set_result(Behind(0))
    await turns()
    far.asked[3].answer.set_result(Behind(0))
    for place in (4, 5, 6):
        await turns()
        far.asked[place].take()
    await asyncio.gather(first, second)
    assert [one.ids for one in far.asked[3:]] == [["b"], ["a"], ["b"], ["c"]]


async def test_who_comes_behind_a_failure_demands_what_is_ahead_of_it(far: Far) -> None:
    first, second = await far.begin("a"), await far.begin("b")
    far.asked[1].answer.set_exception(ConnectionError())
    with pytest.raises(ConnectionError):
        await second
    third = await far.begin("c")
    far.asked[0].take()
    await turns()
    assert far.asked[2].ids == ["c"]
    assert far.asked[2].demanded == 1
    far.asked[2].take()
    await asyncio.gather(first, third)


async def test_whatever_fails_what_is_ahead_is_the_last_that_is_under_way() -> None:
    far = Far(at_once=3)
    first, second, third = [await far.begin(event_id) for event_id in "abc"]
    far.asked[1].answer.set_exception(ConnectionError())
    with pytest.raises(ConnectionError):
        await second
    far.asked[2].answer.set_exception(ConnectionError())
    with pytest.raises(ConnectionError):
        await third
    fourth = await far.begin("d")
    assert far.asked[3].demanded == 1
    for place in (0, 3):
        far.asked[place].take()
    await asyncio.gather(first, fourth)


async def test_what_is_lost_still_goes_ahead_of_all_that_is_new(far: Far) -> None:
    before = await far.begin("a")
    far.asked[0].take()
    await before
    broken = await far.begin("b")
    for answer in (Behind(0), Behind(0)):  # behind another, for all it knew; and alone
        far.asked[-1].answer.set_result(answer)
        await turns()
    assert far.asked[-1].ids == ["a"]
    far.asked[-1].answer.set_exception(ConnectionError())
    with pytest.raises(ConnectionError):
        await broken
    new = await far.begin("c")
    assert far.asked[-1].ids == ["a"]
    far.asked[-1].take()
    await turns()
    assert far.asked[-1].ids == ["c"]
    far.asked[-1].take()
    await new


@dataclass
class Server:
    """What one Redis has: the number of the newest group, and the events."""

    newest: int = 0
    events: set[str] = field(default_factory=set)
    alive: bool = True


class Failing:
    """A network of primaries, each promoted with a part of what the last one had; lines, requests and answers are lost.

    Requests of one line arrive in their order. An old primary answers on its line for a while after another took over.
    """

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.primary = Server()
        self.past = [self.primary]  # the states that it went through
        self.line = self._line()
        self.acknowledged: set[str] = set()
        self.lane = Lane(self.send, 10_000, at_once=2)

    def _line(self) -> tuple[Server, asyncio.Lock]:
        return self.primary, asyncio.Lock()

    def fail_over(self) -> None:
        """A replica takes over that is up to three groups behind."""
        self.primary.alive = self.rng.random() < 0.5
        replica = self.rng.choice(self.past[-4:])
        self.primary = Server(replica.newest, set(replica.events))
        self.past = [replica]
        if self.rng.random() < 0.5:
            self.line = self._line()

    async def send(
        self, events: Sequence[Event], demanded: int, number: int
    ) -> list[Recorded] | Behind:
        server, in_order = self.line
        async with in_order:
            await self._some_time()
            if not server.alive or self.rng.random() < 0.05:
                self.line = self._line()
                raise ConnectionError("it may not have arrived")
            answer = self._taken(server, events, demanded, number)
        await self._some_time()
        if self.rng.random() < 0.05:
            self.line = self._line()
            raise ConnectionError("it has arrived")
        if isinstance(answer, Behind):
            self.line = self._line()
        return answer

    def _taken(
        self, server: Server, events: Sequence[Event], demanded: int, number: int
    ) -> list[Recorded] | Behind:
        if server.newest < demanded:
            return Behind(server.newest)
        server.events.update(event.event_id for event in events)
        server.newest = max(server.newest, number)
        if server is self.primary:
            self.past.append(Server(server.newest, set(server.events)))
        return [Recorded(Outcome.NEW, 1) for _ in events]

    async def _some_time(self) -> None:
        for _ in range(self.rng.randrange(4)):
            await asyncio.sleep(0)

    async def client(self, name: str) -> None:
        for number in range(12):
            event_id = f"{name}-{number}"
            while event_id not in self.acknowledged:
                try:
                    await self.lane.record([act(event_id)])
                    self.acknowledged.add(event_id)
                except ConnectionError:
                    await asyncio.sleep(0)

    async def disasters(self) -> None:
        for _ in range(6):
            for _ in range(self.rng.randrange(40)):
                await asyncio.sleep(0)
            self.fail_over()


@pytest.mark.parametrize("seed", range(150))
async def test_whatever_fails_nothing_acknowledged_is_lost(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.lane.QUIET_S", 0.0)
    world = Failing(seed)
    await asyncio.gather(world.disasters(), *map(world.client, "abcde"))
    for _ in range(20):
        with suppress(ConnectionError):
            await world.lane.check()
    assert world.acknowledged - world.primary.events == set()
