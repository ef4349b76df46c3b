"""A whole service over a Redis in this process, with toy data and a clock that moves when told."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import fakeredis
from fakeredis.aioredis import FakeAsyncRedisConnection
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from service.bootstrap import Tandem, limits_of, open_recommender
from service.model import EventAnswer, NewEvent, Query, Recommendations
from service.recommender import RealtimeRecommender
from service.settings import Settings
from store.connection import Clients
from store.events import DEFAULT_EVENT_TYPES, type_table
from store.keys import Keys
from store.opening import Store, open_store
from store.script import source
from store.server_facts import script_names
from tests.clock import Clock

GAP_MS = 1_800_000
PATIENCE_S = 30.0  # machines are busy
HANDSHAKE = ("HELLO", "AUTH", "CLIENT", "SELECT")


@dataclass(slots=True)
class Wire:
    """The line to Redis: notes what is sent, and holds it back while it is not `free`.

    `trips` names the first command of each round trip, in order; `alike` counts that and those of its name.
    """

    trips: list[str] = field(default_factory=list)
    alike: int = 0
    free: asyncio.Event = field(default_factory=asyncio.Event)
    held: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.free.set()

    @asynccontextmanager
    async def hold(self) -> AsyncIterator[None]:
        """Meanwhile nothing that is sent arrives."""
        self.free.clear()
        self.held.clear()
        try:
            yield
        finally:
            self.free.set()

    async def let_one_pass(self) -> None:
        """Of a held line: what waits goes on. Returns when what is sent next is held."""
        self.held.clear()
        self.free.set()
        self.free.clear()
        async with asyncio.timeout(PATIENCE_S):
            await self.held.wait()

    def connection_class(self) -> type[FakeAsyncRedisConnection]:
        """A class of connections over this line."""
        wire = self

        class Connection(FakeAsyncRedisConnection):
            async def send_packed_command(self, command: Any, check_health: bool = True) -> None:
                parts = [command] if isinstance(command, bytes) else list(command)
                sent = b"".join(parts)
                name = sent.split(b"\r\n", 3)[2]
                if name.decode() not in HANDSHAKE:
                    wire.trips.append(name.decode())
                    wire.alike += sent.count(b"\r\n" + name + b"\r\n")
                wire.held.set()
                await wire.free.wait()
                await super().send_packed_command(parts, check_health)

        return Connection


@dataclass(frozen=True, slots=True)
class Shop:
    """One worker of a shop; `redis` looks at its database from outside."""

    tandem: Tandem
    clock: Clock
    wire: Wire
    redis: Redis
    server: fakeredis.FakeServer

    @property
    def recommender(self) -> RealtimeRecommender:
        return self.tandem.recommender

    async def act(
        self, user: str, kind: str, items: Collection[str], **fields: Any
    ) -> list[EventAnswer]:
        """One event of that type an item, in their order, all of them new."""
        events = [NewEvent(user, item, kind, **fields) for item in items]
        answers = await self.recommender.record(events)
        assert [(a.problem, a.duplicate) for a in answers] == [(None, False)] * len(events)
        return answers

    async def view(self, user: str, items: Collection[str]) -> None:
        """Views of items, each named by one letter or given in a list."""
        await self.act(user, "view", items)

    async def buy(self, user: str, items: Collection[str]) -> None:
        await self.act(user, "purchase", items)

    async def crowd(self, items: Collection[str], size: int = 3, name: str = "crowd") -> None:
        """So many users view these items, one after another, each in a session of their own."""
        for number in range(size):
            await self.view(f"{name}{number}", items)

    async def ask(self, user: str | None, **wishes: Any) -> Recommendations:
        return await self.recommender.recommend(Query(user, **wishes))

    async def shown(self, user: str | None, **wishes: Any) -> list[str]:
        """The ids of a fresh list."""
        made = await self.recommender.recommend(Query(user, **wishes), fresh=True)
        return [item.item_id for item in made.items]


def toy_client(server: fakeredis.FakeServer, wire: Wire | None = None) -> Redis:
    """A client that, as in production, never repeats a command by itself."""
    return fakeredis.FakeAsyncRedis(
        server=server,
        decode_responses=True,
        retry=Retry(NoBackoff(), 0),
        connection_class=wire.connection_class() if wire else FakeAsyncRedisConnection,
    )


@asynccontextmanager
async def open_shop(
    clock: Clock, server: fakeredis.FakeServer | None = None, **settings: Any
) -> AsyncIterator[Shop]:
    """A worker with an empty database of its own, or one more on the database of `server`.

    It learns from nothing unless asked to: learning reads lists before an event.
    """
    settings.setdefault("learn_rate", 0.0)
    server = server or fakeredis.FakeServer()
    wire, outside = Wire(), toy_client(server)
    for name in script_names():  # so that a script is one round trip from the first time on
        await outside.script_load(source(name))
    clients = Clients(toy_client(server, wire), toy_client(server))
    async with open_recommender(
        Settings(**settings), clock, clients=clients, rng=random.Random(1)
    ) as tandem:
        try:
            yield Shop(tandem, clock, wire, outside, server)
        finally:
            await outside.aclose()


@asynccontextmanager
async def open_real_shop(clock: Clock, url: str, **settings: Any) -> AsyncIterator[Shop]:
    """A worker on a real Redis, with clients as in production; its line is not watched."""
    outside = Redis.from_url(url, decode_responses=True)
    async with open_recommender(
        Settings(redis_url=url, **settings), clock, rng=random.Random(1)
    ) as tandem:
        try:
            yield Shop(tandem, clock, Wire(), outside, fakeredis.FakeServer())
        finally:
            await outside.aclose()


async def comes_true(condition: Callable[[], Awaitable[bool]]) -> None:
    """Returns when it holds; fails when it does not in good time."""
    async with asyncio.timeout(PATIENCE_S):
        while not await condition():
            await _turn()


async def _turn() -> None:
    """Lets everybody else on the loop go on."""
    await asyncio.sleep(0.001)


async def eventually(waiting: "asyncio.Queue[Any]") -> Any:
    """What comes next; fails when nothing comes."""
    async with asyncio.timeout(PATIENCE_S):
        return await waiting.get()


@asynccontextmanager
async def open_reader(
    clock: Clock, server: fakeredis.FakeServer, wire: Wire, settings: Settings | None = None
) -> AsyncIterator[Store]:
    """The stores of a database over a line of one's own."""
    settings = settings or Settings()
    async with open_store(
        Clients(toy_client(server, wire), toy_client(server)),
        Keys(settings.key_prefix, settings.partitions),
        limits_of(settings),
        type_table(DEFAULT_EVENT_TYPES),
        random.Random(1),
        clock(),
    ) as store:
        yield store


async def act_unheard(shop: Shop, user: str) -> int:
    """The user's revision rises, and the message that says so is lost."""
    return int(await shop.redis.hincrby(f"tandem:{{0}}:profile:{user}", "rev", 1))
