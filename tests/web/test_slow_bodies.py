"""A body that never ends holds one of the worker's places for a while only."""

import asyncio
import json
from urllib.parse import urlsplit

import pytest

from tests.web.conftest import Serve
from web import json_input

HEAD = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"


@pytest.mark.parametrize("path", [b"/event", b"/events", b"/realtime-recommend", b"/users/merge"])
async def test_it_is_refused_in_time_and_the_connection_closed(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, path: bytes
) -> None:
    monkeypatch.setattr(json_input, "BODY_S", 0.1)
    _, url = await serve()
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
    writer.write(HEAD % path)
    async with asyncio.timeout(5):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert head.startswith(b"HTTP/1.1 408")
    assert json.loads(body)["code"] == "body_too_slow"
