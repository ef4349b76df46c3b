"""The connection that all of a worker's commands share."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as LinkLost
from redis.exceptions import DataError, ResponseError
from redis.exceptions import TimeoutError as NoAnswer

from service.ending import end
from store import link, linked_client
from store.connection import open_client
from store.linked_client import LinkedRedis, ask_together, connect_anew
from tests.redis_server import free_port

pytestmark = pytest.mark.real_redis
PATIENCE_S = 0.2


@pytest.fixture
async def linked(real_redis: Redis, real_redis_url: str) -> AsyncIterator[LinkedRedis]:
    """`real_redis` is the view from outside."""
    client = open_client(real_redis_url, PATIENCE_S)
    yield client
    await client.aclose()


async def reads(redis: Redis) -> int:
    """How many pieces the server has read so far."""
    return int((await redis.info("stats"))["total_reads_processed"])


async def own_id(linked: LinkedRedis) -> int:
    """The server's number of the link's connection."""
    return int(await linked.link.call("CLIENT", "ID"))


async def is_waiting(linked: LinkedRedis) -> None:
    """Returns when a command is under way."""
    async with asyncio.timeout(5):
        while linked.link._line is None or not linked.link._line.waiting:  # noqa: ASYNC110
            await asyncio.sleep(0.001)


@asynccontextmanager
async def server(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """Its port, while it runs."""
    tasks: list[asyncio.Task[None]] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        finally:
            writer.transport.abort()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.create_task(take(reader, writer)))

    running = await asyncio.start_server(begin, "127.0.0.1", 0)
    try:
        yield running.sockets[0].getsockname()[1]
    finally:
        running.close()
        await end(tasks)


@asynccontextmanager
async def mute_server() -> AsyncIterator[int]:
    """Takes connections, and says nothing."""

    async def wait(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with server(wait) as port:
        yield port


@asynccontextmanager
async def line_to(url: str, deaf: asyncio.Event) -> AsyncIterator[int]:
    """Passes on what is said both ways, until it is `deaf`: then it reads no more of what connections there are."""
    port = urlsplit(url).port

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(65_536):
            if deaf.is_set():
                await asyncio.Event().wait()
            writer.write(piece)

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_redis, to_redis = await asyncio.open_connection("127.0.0.1", port)
        try:
            await asyncio.gather(pass_on(reader, to_redis), pass_on(from_redis, writer))
        finally:
            to_redis.transport.abort()

    async with server(connect) as own_port:
        yield own_port


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
    async with mute_server() as port:
        client = open_client(f"redis://127.0.0.1:{port}/0", PATIENCE_S)
        with pytest.raises(NoAnswer):
            await client.get("a")
        await client.aclose()


async def test_where_the_primary_may_be_another_the_link_is_made_anew(
    linked: LinkedRedis, real_redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is under way on the old line is answered all the same."""
    monkeypatch.setattr(link, "YOUNG_S", 0.0)
    before = await own_id(linked)
    await real_redis.client_pause(50, all=False)  # writes wait
    waiting = asyncio.ensure_future(linked.incr("n"))
    await is_waiting(linked)
    await connect_anew(linked)
    assert await own_id(linked) != before
    assert await waiting == 1
    await asyncio.wait([line.closing for line in linked.link._lines if line.lost], timeout=5)
    assert len(linked.link._lines) == 1


async def test_a_line_made_a_moment_ago_leads_to_the_primary_already(linked: LinkedRedis) -> None:
    before = await own_id(linked)
    await connect_anew(linked)
    assert await own_id(linked) == before


async def test_a_line_is_lost_on_which_nothing_can_be_written_any_more(real_redis_url: str) -> None:
    """The peer has stopped to read, and what waits to be written will never go: the next takes a line of its own."""
    deaf = asyncio.Event()
    async with line_to(real_redis_url, deaf) as port:
        client = open_client(f"redis://127.0.0.1:{port}/0", PATIENCE_S)
        await client.ping()
        deaf.set()
        with pytest.raises(NoAnswer):
            await client.set("a", b"x" * 30_000_000)
        deaf.clear()
        assert await client.get("a") is None
        await client.aclose()


async def test_an_answer_that_cannot_be_read_is_the_affair_of_who_asked(
    linked: LinkedRedis, real_redis: Redis
) -> None:
    await real_redis.set("bytes", b"\xff\xfe")
    unread, other = await asyncio.gather(
        linked.get("bytes"), linked.get("n"), return_exceptions=True
    )
    assert isinstance(unread, UnicodeDecodeError)
    assert isinstance(other, LinkLost)
    assert await linked.get("n") is None


async def test_what_nobody_has_asked_for_is_no_answer(
    linked: LinkedRedis, real_redis: Redis
) -> None:
    first = await own_id(linked)
    await linked.link.call("CLIENT", "TRACKING", "ON")
    assert await linked.get("watched") is None
    await real_redis.set("watched", "changed")  # of which the link's connection is told
    assert await linked.get("watched") == "changed"
    assert await own_id(linked) == first


async def test_too_much_that_waits_is_refused_at_once(
    linked: LinkedRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "MOST_UNANSWERED", 3)
    answers = await asyncio.gather(*(linked.incr("n") for _ in range(5)), return_exceptions=True)
    assert answers[:3] == [1, 2, 3]
    assert [type(answer) for answer in answers[3:]] == [LinkLost, LinkLost]
    assert await linked.incr("n") == 4


async def test_many_together_have_a_connection_of_their_own(
    linked: LinkedRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linked_client, "MOST_TOGETHER", 2)
    monkeypatch.setattr(linked.link, "call", None)
    commands = [("SET", "a", "1"), ("INCR", "a"), ("HGETALL", "h")]
    assert await ask_together(linked, commands) == [True, 2, {}]


async def test_where_nobody_listens_it_is_said_at_once() -> None:
    client = open_client(f"redis://127.0.0.1:{free_port()}/0", PATIENCE_S)
    for _ in range(2):
        with pytest.raises(LinkLost):
            await client.get("a")
    await client.aclose()


async def test_closing_ends_what_connects_too() -> None:
    async with mute_server() as port:
        client = open_client(f"redis://127.0.0.1:{port}/0", 10 * PATIENCE_S)
        waiting = asyncio.ensure_future(client.get("a"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await client.aclose()
        with pytest.raises(LinkLost):
            await waiting
        with pytest.raises(LinkLost):
            await client.get("a")


async def test_closing_fails_who_waits(linked: LinkedRedis, real_redis: Redis) -> None:
    await linked.ping()
    await real_redis.client_pause(100, all=False)
    waiting = asyncio.ensure_future(linked.incr("n"))
    await asyncio.sleep(0.02)
    await linked.aclose()
    with pytest.raises(LinkLost):
        await waiting
