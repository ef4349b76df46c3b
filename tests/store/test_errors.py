"""What a Redis says that cannot answer now becomes one word of ours, whichever way it was asked."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import uvloop
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import RedisError, ResponseError

from store.connection import CLOSED, Calls, open_client
from store.errors import StoreUnavailable, unavailable
from store.jobs import JobStore
from store.keys import Keys
from store.script import Scripts, load_scripts
from store.users import UserStore
from tests.redis_server import RedisServer, running_redis_server

pytestmark = pytest.mark.real_redis

TTL_MS = 1_000_000
CALLS = Calls(random.Random(1))

Command = tuple[str, ...]
# Where nobody listens: the link to the primary stays down.
REPLICA: Command = ("REPLICAOF", "127.0.0.1", "1")
SILENT_WHEN_CUT_OFF: Command = ("CONFIG", "SET", "replica-serve-stale-data", "no")
# Our word for a state in which a server takes no writes, and what brings it there.
REFUSING: dict[str, Command] = {
    "storage_full": ("CONFIG", "SET", "maxmemory", "1"),
    "not_replicated": ("CONFIG", "SET", "min-replicas-to-write", "1"),
    "storage_read_only": REPLICA,
    "storage_refused": ("CONFIG", "SET", "requirepass", "secret"),
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with running_redis_server(tmp_path) as server:
        yield server


@pytest.fixture
async def client(server: RedisServer) -> AsyncIterator[AsyncRedis]:
    client = open_client(server.url)
    yield client
    await client.aclose()


def tell(server: RedisServer, *commands: Command) -> None:
    with Redis.from_url(server.url) as operator:
        for command in commands:
            operator.execute_command(*command)


@pytest.mark.parametrize("reason", REFUSING)
async def test_a_write_is_refused_with_the_reason(
    reason: str, server: RedisServer, client: AsyncRedis
) -> None:
    jobs = JobStore(client, Keys(), Scripts(client, shebang=True), CALLS)
    tell(server, REFUSING[reason])
    for write in (
        lambda: jobs.set_current("a"),
        lambda: jobs.put("a", {"state": "running"}),  # a transaction
        lambda: jobs.take("rebuild", "a", 1, 1_000),  # a script
    ):
        with pytest.raises(StoreUnavailable, match=reason):
            await write()


async def test_reads_together_fail_as_one_read_does(
    server: RedisServer, client: AsyncRedis
) -> None:
    tell(server, SILENT_WHEN_CUT_OFF, REPLICA)
    users = UserStore(client, Keys(), Scripts(client, shebang=True), CALLS, TTL_MS)
    for read in (lambda: users.active_since(0), lambda: users.load(["ann"], 10, TTL_MS)):
        with pytest.raises(StoreUnavailable, match="storage_unavailable"):
            await read()


async def test_a_server_that_cannot_answer_is_not_taken_for_an_old_one(
    server: RedisServer, client: AsyncRedis
) -> None:
    tell(server, SILENT_WHEN_CUT_OFF, REPLICA)
    with pytest.raises(RedisError):
        await load_scripts(client)


async def test_a_mistake_of_ours_is_no_lack_of_redis(client: AsyncRedis) -> None:
    await client.set("a", "x")
    with pytest.raises(ResponseError) as mistake:
        await client.incr("a")
    assert unavailable(mistake.value) is None


async def test_a_primary_that_is_demoted_under_a_waiting_write_has_not_replicated_it(
    server: RedisServer, client: AsyncRedis
) -> None:
    async def write() -> None:
        async with client.pipeline(transaction=False) as pipe:
            pipe.set("a", "1")
            pipe.execute_command("WAIT", 1, 900)
            await pipe.execute()

    waiting = asyncio.create_task(CALLS.run(write))
    await asyncio.sleep(0.2)
    await asyncio.to_thread(tell, server, REPLICA)
    with pytest.raises(StoreUnavailable, match=r"not_replicated|storage_read_only"):
        await waiting


def test_a_connection_that_was_reset_a_moment_ago_is_a_lack_of_redis() -> None:
    async def write_to_what_is_closed() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(ConnectionError):
                await reader.read()
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as listener:
            _, writer = await asyncio.open_connection(*listener.sockets[0].getsockname())
            writer.transport.abort()
            await asyncio.sleep(0.05)
            writer.writelines([b"PING"])

    async def call() -> None:
        await Calls(random.Random(1)).run(write_to_what_is_closed)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        with pytest.raises(RuntimeError, match=CLOSED):
            runner.run(write_to_what_is_closed())
        with pytest.raises(StoreUnavailable, match="storage_unavailable"):
            runner.run(call())


async def test_connections_that_end_badly_do_not_hide_why_a_call_failed() -> None:
    async def refused() -> None:
        raise StoreUnavailable("storage_read_only")

    async def reconnect() -> None:
        raise TimeoutError("Timed out closing connection")

    with pytest.raises(StoreUnavailable, match="storage_read_only"):
        await Calls(random.Random(1), reconnect).run(refused)
