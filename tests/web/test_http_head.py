"""What comes before a body is bounded in size and in time, as `tandem serve` runs the service."""

import asyncio
import json

import pytest
from starlette.types import Receive, Scope, Send

from tests.web.raw_http import connected, head_of
from web import http_head
from web.http_head import HEAD_BYTES

HEAD = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n"


async def greet(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers 200, whatever comes, after the whole body; says how many headers there were."""
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-length", b"0"), (b"x-headers", b"%d" % len(scope["headers"]))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body"})


async def status_of(reader: asyncio.StreamReader) -> int:
    return int((await head_of(reader)).split(b" ")[1])


async def test_a_head_of_many_small_pieces_is_cut_off_at_its_bound() -> None:
    async with connected(greet) as (reader, writer):
        writer.write(HEAD)
        for _ in range(4):
            await asyncio.sleep(0.05)
            writer.write(b"X-A: " + b"a" * (HEAD_BYTES // 4) + b"\r\n")
        assert await status_of(reader) == 431
        assert json.loads(await reader.read())["code"] == "head_too_large"


async def test_a_head_as_long_as_may_be_is_taken() -> None:
    async with connected(greet) as (reader, writer):
        filler = HEAD_BYTES - 100
        writer.write(HEAD + b"X-A: " + b"a" * filler + b"\r\nContent-Length: 0\r\n\r\n")
        assert await status_of(reader) == 200


async def test_a_long_body_does_not_count_for_the_head_behind_it() -> None:
    async with connected(greet) as (reader, writer):
        length = 3 * HEAD_BYTES
        writer.write(HEAD + b"Content-Length: %d\r\n\r\n" % length + b" " * length + HEAD)
        assert await status_of(reader) == 200
        writer.write(b"Content-Length: 0\r\n\r\n")
        assert await status_of(reader) == 200


async def test_headers_behind_a_body_are_not_kept() -> None:
    async with connected(greet) as (reader, writer):
        writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n")
        writer.write(b"X-A: a\r\n" * 1_000 + b"\r\n")
        assert b"x-headers: 2\r\n" in await head_of(reader)


async def test_a_head_that_stands_still_is_refused_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_head, "HEAD_TIMEOUT_S", 0.1)
    async with connected(greet) as (reader, writer):
        writer.write(HEAD)
        assert await status_of(reader) == 408
        assert json.loads(await reader.read())["code"] == "head_too_slow"


async def test_so_is_a_later_head_of_the_same_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_head, "HEAD_TIMEOUT_S", 0.1)
    async with connected(greet) as (reader, writer):
        writer.write(HEAD + b"Content-Length: 0\r\n\r\n")
        assert await status_of(reader) == 200
        writer.write(HEAD)
        assert await status_of(reader) == 408


async def test_a_connection_without_a_request_is_closed_in_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_head, "HEAD_TIMEOUT_S", 0.1)
    async with connected(greet) as (reader, _):
        assert await asyncio.wait_for(reader.read(), 5) == b""


async def test_a_slow_body_is_not_held_against_its_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_head, "HEAD_TIMEOUT_S", 0.1)
    async with connected(greet) as (reader, writer):
        writer.write(HEAD + b"Content-Length: 2\r\n\r\n{")
        await asyncio.sleep(0.2)
        writer.write(b"}")
        assert await status_of(reader) == 200


async def test_a_header_behind_a_body_that_does_not_end_is_cut_off() -> None:
    async with connected(greet) as (reader, writer):
        writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-A: ")
        for _ in range(4):
            await asyncio.sleep(0.05)
            writer.write(b"a" * (HEAD_BYTES // 2))
        assert await asyncio.wait_for(reader.read(), 5) == b""


async def test_a_long_body_in_many_pieces_is_no_endless_header() -> None:
    async with connected(greet) as (reader, writer):
        writer.write(HEAD + b"Content-Length: %d\r\n\r\n" % (3 * HEAD_BYTES))
        for _ in range(12):
            await asyncio.sleep(0.01)
            writer.write(b"a" * (HEAD_BYTES // 4))
        assert await status_of(reader) == 200
