"""Head and body of an answer leave together, as `tandem serve` runs the service."""

import asyncio
import gc

import pytest
import uvloop
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.web.raw_http import connected, head_of
from web.http_head import BoundedHead
from web.one_write import OneWriteProtocol

GET = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
LAST = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
OF_FIVE = ((b"content-length", b"5"),)


class NotedTransport:
    """The real transport, with a list of what was written in one call each."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def write(self, data: bytes) -> None:
        Noted.written.append(data)
        self._transport.write(data)

    def __getattr__(self, name: str) -> object:
        return getattr(self._transport, name)


class Noted(OneWriteProtocol):
    """Served over such a transport."""

    written: list[bytes]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        Noted.written = []
        super().connection_made(NotedTransport(transport))  # type: ignore[arg-type]  # quacks


async def start(send: Send, headers: tuple[tuple[bytes, bytes], ...] = OF_FIVE) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def say(send: Send, part: bytes, *, more: bool = False) -> None:
    await send({"type": "http.response.body", "body": part, "more_body": more})


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await start(send)
    await say(send, b"hello")


async def part_of(reader: asyncio.StreamReader, length: int) -> bytes:
    return await asyncio.wait_for(reader.readexactly(length), 5)


async def test_each_answer_is_written_in_one_call() -> None:
    async with connected(hello, Noted) as (reader, writer):
        for count in (1, 2):
            writer.write(GET)
            assert (await head_of(reader)).startswith(b"HTTP/1.1 200 ")
            assert await part_of(reader, 5) == b"hello"
            assert len(Noted.written) == count


async def test_requests_that_come_together_are_answered_one_by_one() -> None:
    async with connected(hello, Noted) as (reader, writer):
        writer.write(3 * GET)
        for _ in range(3):
            await head_of(reader)
            assert await part_of(reader, 5) == b"hello"
        assert len(Noted.written) == 3


async def test_the_head_alone_of_an_answer_to_head_is_not_held_back() -> None:
    async with connected(hello) as (reader, writer):
        for method in (b"HEAD", b"GET"):
            writer.write(GET.replace(b"GET", method))
            assert (await head_of(reader)).startswith(b"HTTP/1.1 200 ")
        assert await part_of(reader, 5) == b"hello"


async def test_an_answer_without_a_body_is_whole() -> None:
    async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": ()})
        await say(send, b"")

    async with connected(nothing) as (reader, writer):
        for _ in range(2):
            writer.write(GET)
            assert (await head_of(reader)).startswith(b"HTTP/1.1 204 ")


async def test_what_is_sent_in_parts_comes_in_parts() -> None:
    heard = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send, ())
        await say(send, b"hello", more=True)
        await heard.wait()
        await say(send, b"world")

    async with connected(slow) as (reader, writer):
        writer.write(GET)
        await head_of(reader)
        assert await part_of(reader, 10) == b"5\r\nhello\r\n"
        heard.set()
        assert await part_of(reader, 15) == b"5\r\nworld\r\n0\r\n\r\n"


async def test_a_body_that_waits_to_be_asked_for_is_asked_for() -> None:
    async def patient(scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        await start(send)
        await say(send, message["body"])

    async with connected(patient) as (reader, writer):
        head = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n"
        writer.write(head + b"Expect: 100-continue\r\n\r\n")
        assert (await head_of(reader)).startswith(b"HTTP/1.1 100 ")
        writer.write(b"hello")
        assert (await head_of(reader)).startswith(b"HTTP/1.1 200 ")
        assert await part_of(reader, 5) == b"hello"


@pytest.mark.parametrize("fails", [False, True])
async def test_an_answer_of_which_only_the_head_was_made_is_a_failure(fails: bool) -> None:
    async def unfinished(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send)
        if fails:
            raise RuntimeError("half an answer")

    async with connected(unfinished) as (reader, writer):
        writer.write(GET)
        assert (await head_of(reader)).startswith(b"HTTP/1.1 500 ")
        assert await asyncio.wait_for(reader.read(), 5) == b""


async def test_one_that_fails_later_ends_the_connection() -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send)
        await say(send, b"hell", more=True)
        raise RuntimeError("half an answer")

    async with connected(failing) as (reader, writer):
        writer.write(GET)
        assert (await head_of(reader)).startswith(b"HTTP/1.1 200 ")
        assert await asyncio.wait_for(reader.read(), 5) == b"hell"


def test_one_that_fails_when_nobody_waits_any_more_harms_nobody() -> None:
    async def scenario() -> None:
        troubles: list[dict[str, object]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, told: troubles.append(told))
        gone = asyncio.Event()

        async def late(scope: Scope, receive: Receive, send: Send) -> None:
            await start(send)
            while (await receive())["type"] != "http.disconnect":
                pass
            gone.set()
            raise RuntimeError("half an answer")

        async with connected(late) as (_, writer):
            writer.write(GET)
            await writer.drain()
            writer.close()
            await asyncio.wait_for(gone.wait(), 5)
            await asyncio.sleep(0)
        gc.collect()
        assert troubles == []

    uvloop.run(scenario())  # as the service runs: a write to what is closed is an error there


async def test_who_wants_the_connection_closed_hears_the_answer_before() -> None:
    async with connected(hello) as (reader, writer):
        writer.write(LAST)
        assert b"connection: close\r\n" in await head_of(reader)
        assert await asyncio.wait_for(reader.read(), 5) == b"hello"


async def in_parts(scope: Scope, receive: Receive, send: Send) -> None:
    await start(send, ())
    await say(send, b"", more=True)
    await say(send, b"hello", more=True)
    await say(send, b"")


async def unchanged(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 304, "headers": ()})
    await say(send, b"")


@pytest.mark.parametrize("app", [hello, in_parts, unchanged])
@pytest.mark.parametrize(
    "requests",
    [
        GET,
        GET.replace(b"GET", b"HEAD"),
        GET.replace(b"/1.1", b"/1.0"),
        GET.replace(b"\r\n\r\n", b"\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n"),
        GET.replace(b"GET", b"HEAD") + 2 * GET,
        GET + b"no request\r\n\r\n",
    ],
    ids=["GET", "HEAD", "HTTP/1.0", "upgrade", "one behind the other", "nonsense behind"],
)
async def test_all_else_is_as_it_would_be_in_two_writes(app: ASGIApp, requests: bytes) -> None:
    assert await said_to(app, requests, OneWriteProtocol) == await said_to(
        app, requests, BoundedHead
    )


async def said_to(app: ASGIApp, requests: bytes, protocol: type[BoundedHead]) -> list[bytes]:
    """All that the server says until it closes the connection, line by line, without the time."""
    async with connected(app, protocol) as (reader, writer):
        writer.write(requests + LAST)
        said = await asyncio.wait_for(reader.read(), 5)
    return [line for line in said.split(b"\r\n") if not line.startswith(b"date: ")]
