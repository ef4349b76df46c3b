"""The connection that all of a worker's commands share."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as LinkLost
from redis.exceptions import DataError, ResponseError
from redis.exceptions import TimeoutError as NoAnswer

from store.connection import open_client
from store.link import LinkedRedis, ask_together, connect_anew

pytestmark = pytest.mark.real_redis
PATIENCE_S = 0.2


@pytest.fixture
async def linked(real_redis: Redis, real_redis_url: str) -> AsyncIterator[LinkedRedis]:
    """`real_redis` is the view from outside."""
    client = open_client(real_redis_url)
    client.link._patience_s = PATIENCE_S
    yield client
    await client.aclose()


async def reads(redis: Redis) -> int:
    """How many pieces the server has read so far."""
    return int((await redis.info("stats"))["total_reads_processed"])


async def own_id(linked: LinkedRedis) -> int:
    """The server's number of the link's connection."""
    return int(await linked.link.call("CLIENT", "ID"))


async def test_who_asks_in_the_same_turn_is_answered_in_one_piece(
    linked: LinkedRedis, real_redis: Redis
) -> None:
    await linked.ping()
    before = await reads(real_redis)
    answers = await asyncio.gather(*(linked.incr("n") for _ in range(50)))
    assert answers == [*range(1, 51)]
    assert await reads(real_redis) - before == 2  # theirs, and that of the question itself


async def test_answers_have_the_form_that_the_driver_gives_them(
    linked: LinkedRedis, real_redis: Redis
) -> None:
    await linked.hset("h", mapping={"a": "1", "b": "2"})
    assert await linked.hgetall("h") == {"a": "1", "b": "2"}
    assert await linked.zadd("z", {"m": 1.5}) == 1
    assert await linked.zrange("z", 0, -1, withscores=True) == await real_redis.zrange(
        "z", 0, -1, withscores=True
    )
    assert await linked.set("x", "y") is True
    commands = [("HGETALL", "h"), ("GET", "x")]
    assert await ask_together(linked, commands) == await ask_together(real_redis, commands)


async def test_an_error_is_of_its_own_command_alone(linked: LinkedRedis) -> None:
    await linked.set("text", "a")
    wrong, right = await asyncio.gather(
        linked.incr("text"), linked.get("text"), return_exceptions=True
    )
    assert isinstance(wrong, ResponseError)
    assert right == "a"


async def test_of_commands_sent_together_the_first_error_is_raised(linked: LinkedRedis) -> None:
    with pytest.raises(ResponseError):
        await ask_together(linked, [("SET", "text", "a"), ("INCR", "text"), ("SET", "after", "b")])
    assert await linked.get("after") == "b"


async def test_what_cannot_be_sent_holds_up_nobody(linked: LinkedRedis) -> None:
    refused, answered = await asyncio.gather(
        linked.set("a", object()),  # type: ignore[arg-type]  # wrong on purpose
        linked.set("b", "1"),
        return_exceptions=True,
    )
    assert isinstance(refused, DataError)
    assert answered is True


async def test_whoever_goes_away_takes_no_answer_of_another(
    linked: LinkedRedis, real_redis: Redis
) -> None:
    await linked.ping()
    await real_redis.client_pause(50)
    impatient = asyncio.ensure_future(linked.incr("n"))
    patient = asyncio.ensure_future(linked.incr("n"))
    await asyncio.sleep(0.01)
    impatient.cancel()
    assert await patient == 2
    assert await linked.incr("n") == 3


async def test_a_lost_connection_fails_who_waits_and_the_next_takes_another(
    linked: LinkedRedis, real_redis: Redis
) -> None:
    number = await own_id(linked)
    await real_redis.client_pause(100, all=False)  # writes wait
    waiting = asyncio.ensure_future(linked.incr("n"))
    await asyncio.sleep(0.02)
    await real_redis.client_kill_filter(_id=str(number))
    with pytest.raises(LinkLost):
        await waiting
    assert await linked.incr("n") == 1


async def test_a_silent_server_is_given_up(linked: LinkedRedis, real_redis: Redis) -> None:
    await linked.ping()
    await real_redis.client_pause(1_000, all=False)
    waiting = [asyncio.ensure_future(linked.incr("n")) for _ in range(3)]
    for one in waiting:
        with pytest.raises(NoAnswer):
            await one
    await real_redis.client_unpause()
    assert await linked.get("other") is None


async def test_a_server_that_never_says_hello_is_given_up() -> None:
    callers: list[asyncio.StreamWriter] = []
    silent = await asyncio.start_server(lambda _, caller: callers.append(caller), "127.0.0.1", 0)
    async with silent:
        port = silent.sockets[0].getsockname()[1]
        client = open_client(f"redis://127.0.0.1:{port}/0")
        client.link._patience_s = PATIENCE_S
        with pytest.raises(NoAnswer):
            await client.get("a")
        await client.aclose()
        for caller in callers:
            caller.close()


async def test_what_waits_in_redis_has_a_connection_to_itself(linked: LinkedRedis) -> None:
    waiting = asyncio.ensure_future(linked.blpop("list", timeout=1))
    await asyncio.sleep(0.02)
    assert await linked.get("a") is None
    await linked.rpush("list", "x")
    assert await waiting == ("list", "x")


async def test_where_the_primary_may_be_another_the_link_is_made_anew(linked: LinkedRedis) -> None:
    before = await own_id(linked)
    await connect_anew(linked)
    assert await own_id(linked) != before


async def test_closing_fails_who_waits(linked: LinkedRedis, real_redis: Redis) -> None:
    await linked.ping()
    await real_redis.client_pause(100, all=False)
    waiting = asyncio.ensure_future(linked.incr("n"))
    await asyncio.sleep(0.02)
    await linked.aclose()
    with pytest.raises(LinkLost):
        await waiting
