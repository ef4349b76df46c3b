"""Strict mode: what is acknowledged is on a replica, and what is not says so and may be sent again."""

import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import redis

from service.errors import Unavailable
from service.model import EventAnswer, NewEvent
from store.connection import open_client
from store.replication import Replication, run_replicated
from store.script import Script
from store.sentinel import SentinelPlace
from tests.clock import Clock
from tests.redis_server import RedisServer, running_redis_server
from tests.service.shop import Shop, comes_true, open_real_shop


@contextmanager
def replica_of(primary: RedisServer, folder: Path) -> Iterator[RedisServer]:
    folder.mkdir()
    with running_redis_server(folder, "--replicaof", "127.0.0.1", str(primary.port)) as replica:
        yield replica


@contextmanager
def replicated(folder: Path) -> Iterator[tuple[RedisServer, RedisServer]]:
    """A primary and its replica."""
    with (
        running_redis_server(folder) as primary,
        replica_of(primary, folder / "replica") as replica,
    ):
        yield primary, replica


@asynccontextmanager
async def strict_shop(clock: Clock, primary: RedisServer) -> AsyncIterator[Shop]:
    async with open_real_shop(clock, primary.url, wait_replicas=1, wait_timeout_ms=300) as shop:
        await comes_true(lambda: _has_replica(shop))
        yield shop


async def _has_replica(shop: Shop) -> bool:
    replica = (await shop.redis.info("replication")).get("slave0", {})
    return bool(replica.get("state") == "online")


async def _is_acknowledged(shop: Shop, event_id: str) -> bool:
    return (await send(shop, event_id)).problem is None


async def send(shop: Shop, event_id: str) -> EventAnswer:
    event = NewEvent("ann", "tent", "view", event_id=event_id)
    return (await shop.recommender.record([event]))[0]


@pytest.mark.real_redis
async def test_an_acknowledged_event_is_on_the_replica(clock: Clock, tmp_path: Path) -> None:
    with replicated(tmp_path) as (primary, replica):
        async with strict_shop(clock, primary) as shop:
            answer = await send(shop, "e-1")
            primary.process.kill()
        assert answer.problem is None
        with redis.Redis.from_url(replica.url, decode_responses=True) as copy:
            assert copy.zrange("tandem:{0}:history:ann", 0, -1) == ["e-1|view|tent"]


@pytest.mark.real_redis
async def test_what_no_replica_confirms_is_refused_even_as_a_duplicate_and_counts_once(
    clock: Clock, tmp_path: Path
) -> None:
    with replicated(tmp_path) as (primary, replica):
        async with strict_shop(clock, primary) as shop:
            await send(shop, "e-0")
            replica.process.send_signal(signal.SIGSTOP)
            try:
                refused = [await send(shop, "e-1") for _ in range(2)]
            finally:
                replica.process.send_signal(signal.SIGCONT)
            await comes_true(lambda: _is_acknowledged(shop, "e-1"))
            again = await send(shop, "e-1")
            history = await shop.redis.zrange("tandem:{0}:history:ann", 0, -1)
    for answer in refused:
        assert isinstance(answer.problem, Unavailable)
        assert answer.problem.code == "not_replicated"
    assert (again.problem, again.duplicate) == (None, True)
    assert sorted(history) == ["e-0|view|tent", "e-1|view|tent"]


@pytest.mark.real_redis
async def test_what_a_primary_has_lost_is_replicated_with_what_follows(
    clock: Clock, tmp_path: Path
) -> None:
    with replicated(tmp_path) as (primary, replica):
        async with strict_shop(clock, primary) as shop:
            await comes_true(lambda: _is_acknowledged(shop, "e-1"))
            await shop.redis.flushall()
            await comes_true(lambda: _is_acknowledged(shop, "e-2"))
            primary.process.kill()
        with redis.Redis.from_url(replica.url, decode_responses=True) as copy:
            held = copy.zrange("tandem:{0}:history:ann", 0, -1)
    assert held == ["e-1|view|tent", "e-2|view|tent"]


@pytest.mark.real_redis
async def test_where_scripts_are_lost_one_is_sent_to_the_server_that_is_waited_for(
    real_redis_url: str, tmp_path: Path
) -> None:
    """A client's shared link may lead to another server than its pool, where one has just taken over."""
    with running_redis_server(tmp_path) as elsewhere:
        client, stranger = open_client(real_redis_url), open_client(elsewhere.url)
        client.link, stranger.link = stranger.link, client.link
        script = Script(client, "return 7 + 0 * #ARGV")
        try:
            assert await run_replicated(client, script, "key", [], Replication(0, 100)) == 7
        finally:
            await client.aclose()
            await stranger.aclose()


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("redis://host:1/0", None),
        (
            "redis+sentinel://a:1,b/shop/2",
            SentinelPlace((("a", 1), ("b", 26_379)), "shop", 2),
        ),
        (
            "rediss+sentinel://tandem:s%40cret@a:1/shop",
            SentinelPlace((("a", 1),), "shop", 0, "tandem", "s@cret", tls=True),
        ),
    ],
)
def test_the_address_of_sentinels(url: str, place: SentinelPlace | None) -> None:
    assert SentinelPlace.of(url) == place


@pytest.mark.parametrize("url", ["redis+sentinel://a:1", "redis+sentinel:///shop"])
def test_an_address_without_its_parts_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="SERVICE"):
        open_client(url)
