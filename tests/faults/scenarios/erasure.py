"""Users are erased from random worlds; beside each stands the same world into which they never came."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import redis
from redis.asyncio import Redis

from service.bootstrap import Tandem, open_recommender
from service.evaluation.patience import patiently
from service.model import NewEvent, Push, Query
from service.settings import Settings
from store.connection import Clients, open_listener
from tests.clock import Clock
from tests.faults.plans import ITEMS, LEAVING, Plan
from tests.redis_server import running_redis_server
from tests.store.dump import dump

PROMISES = "P16"
WHAT = (
    "users with merged ids, orders and refunds are erased from random worlds of 1 and of 4 partitions, with two "
    "services whose caches are warm; all keys and values are searched, and compared with the world without them"
)

WORLDS = 20
SEED = 16
#: Longer than any cached list of these worlds is kept.
AGED_MS = 60_000
#: What is shown is noted in the background.
NOTED_S = 0.05
PATIENCE_S = 30.0
# What depends on when and by whom it was made: lists shown hold what others did, and `meta` a secret.
OF_ITS_OWN = ("meta", "served:")


def measure(scale: float) -> Mapping[str, float]:
    """Worlds of both numbers of partitions, one after another."""
    found = Found()
    with TemporaryDirectory() as folder, running_redis_server(Path(folder)) as server:
        for number in range(max(1, round(WORLDS * scale))):
            for partitions in (1, 4):
                plan = Plan.of(random.Random(f"{SEED}-{number}"))
                found += asyncio.run(_world(server.url, partitions, plan))
                server.flush()
    return found.figures()


def problems(figures: Mapping[str, float]) -> list[str]:
    """What is left of erased users, or is missing of others."""
    wrong = ("traces", "negative_counts", "key_differences", "list_differences")
    found = [f"{figures[name]:g} {name.replace('_', ' ')}" for name in wrong if figures[name]]
    return found if figures["users_erased"] else ["nobody was erased"]


@dataclass(slots=True)
class Found:
    """What was done and what was wrong, added up."""

    worlds: int = 0
    events: int = 0
    users_erased: int = 0
    merged_ids_erased: int = 0
    keys_scanned: int = 0
    traces: int = 0
    negative_counts: int = 0
    key_differences: int = 0
    lists_compared: int = 0
    list_differences: int = 0

    def __iadd__(self, other: "Found") -> "Found":
        for name, value in other.figures().items():
            setattr(self, name, getattr(self, name) + value)
        return self

    def figures(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class World:
    """A database, its clock, and two services on it that hear each other."""

    clock: Clock
    services: Sequence[Tandem]

    async def live(self, plan: Plan) -> None:
        for number, step in enumerate(plan.steps):
            self.clock.advance(step.pause_ms)
            service = self.services[number % 2]
            if step.event is not None:
                await patiently(partial(_recorded, service, step.event))
            elif step.merged_into:
                await patiently(partial(service.users.merge, step.user, step.merged_into))
            elif step.user:
                await self.warm(step.user)

    async def warm(self, user: str) -> None:
        """Both services make, keep and remember a list."""
        for service in self.services:
            await patiently(partial(service.recommender.recommend, Query(user)))

    async def lists(self) -> Sequence[Mapping[str, float]]:
        """What each service says of every item and of what is popular."""
        found = []
        for service in self.services:
            for kind in ("view", "purchase"):
                trending = partial(service.recommender.trending, len(ITEMS), kind=kind)
                items = await patiently(trending)
                found.append({item.item_id: round(item.score, 9) for item in items})
            for item in ITEMS:
                alike = await patiently(partial(service.recommender.similar, item, len(ITEMS)))
                found.append({one.item_id: round(one.score, 9) for one in alike})
        return found


async def _recorded(service: Tandem, event: NewEvent) -> None:
    (answer,) = await service.recommender.record([event])
    if answer.problem is not None:
        raise answer.problem


def _clients(url: str) -> Clients:
    """Patient ones: it is not speed that is tested, and the machine may be busy."""
    client = Redis.from_url(url, decode_responses=True, socket_timeout=PATIENCE_S)
    return Clients(client, open_listener(url))


@asynccontextmanager
async def _open(url: str, partitions: int, prefix: str) -> AsyncIterator[World]:
    clock = Clock()
    settings = Settings(
        redis_url=url, partitions=partitions, key_prefix=prefix, learn_rate=0, rotate_days=2
    )

    async def nobody(_user: str, _push: Push) -> None:
        """No screen is connected."""

    async with AsyncExitStack() as stack:
        services = []
        for _ in range(2):
            service = await stack.enter_async_context(
                open_recommender(settings, clock, _clients(url))
            )
            await stack.enter_async_context(service.hub.running(nobody))
            services.append(service)
        yield World(clock, services)


async def _world(url: str, partitions: int, plan: Plan) -> Found:
    async with (
        _open(url, partitions, "erased:") as erased,
        _open(url, partitions, "spared:") as spared,
    ):
        await erased.live(plan)
        await spared.live(plan.without_leaving())
        for user in plan.leaving:
            await erased.warm(user)
        await asyncio.sleep(NOTED_S)
        eraser = erased.services[0].recommender
        receipts = [await patiently(partial(eraser.erase, user)) for user in plan.leaving]
        for world in (erased, spared):
            world.clock.advance(AGED_MS)
        pairs = zip(await erased.lists(), await spared.lists(), strict=True)
        compared = [one == other for one, other in pairs]
    return Found(
        worlds=1,
        events=sum(step.event is not None for step in plan.steps),
        users_erased=len(receipts),
        merged_ids_erased=sum(len(receipt.merged) for receipt in receipts),
        lists_compared=len(compared),
        list_differences=compared.count(False),
        **_scanned(url),
    )


def _scanned(url: str) -> dict[str, int]:
    """Looks at every key of both worlds, by name and value."""
    with redis.Redis.from_url(url, decode_responses=True) as client:
        left, without = dump(client, "erased:"), dump(client, "spared:")
    counts, expected = _comparable(left), _comparable(without)
    names = counts.keys() | expected.keys()
    return {
        "keys_scanned": len(left),
        "traces": sum(LEAVING in f"{key} {value}" for key, value in left.items()),
        "negative_counts": sum(_numbers_below_zero(left.values())),
        "key_differences": sum(counts.get(name) != expected.get(name) for name in names),
    }


def _comparable(database: Mapping[str, Any]) -> dict[str, Any]:
    """Keys and values without the prefix of their world, which aliases name."""
    found = {}
    for key, value in database.items():
        prefix, _, name = key.partition(":")
        if isinstance(value, dict):
            value = {k: str(held).replace(f" {prefix}:", " ") for k, held in value.items()}
        if not any(own in name for own in OF_ITS_OWN):
            found[name] = value
    return found


def _numbers_below_zero(values: Iterable[Any]) -> Iterable[bool]:
    for value in values:
        if isinstance(value, dict):
            yield from (str(number).startswith("-") for number in value.values())
