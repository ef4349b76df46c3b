"""What a socket that means ill, or is slow, gets: an error, an end, and no memory."""

import asyncio
import json
import logging
import random
from base64 import b64encode
from collections.abc import Callable

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from service.model import Push, Reason, Recommendations, RecommendedItem
from tests.serving import Browser
from tests.web.conftest import Serve
from tests.web.test_sockets import until
from web.app import Application
from web.sockets import endings, outbox, server

OPEN = "/socket.io/?EIO=4&transport=websocket"
CONNECT = '40{"user_id":"7"}'


@pytest.fixture(autouse=True)
def short_goodbye(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endings, "GOODBYE_S", 0.05)


async def open_socket(url: str) -> ClientConnection:
    """A WebSocket that has said nothing yet but was greeted."""
    socket = await connect(url.replace("http", "ws") + OPEN, max_size=None)
    assert str(await socket.recv()).startswith("0{")
    return socket


async def authenticated(url: str) -> ClientConnection:
    socket = await open_socket(url)
    await socket.send(CONNECT)
    assert str(await socket.recv()).startswith("40{")
    assert str(await socket.recv()).startswith('42["recommendations"')
    return socket


async def all_of(socket: ClientConnection) -> list[str]:
    """Everything until the server closes."""
    received = []
    async with asyncio.timeout(5):
        try:
            while True:
                received.append(str(await socket.recv()))
        except ConnectionClosed:
            return received


async def test_who_does_not_authenticate_in_time_is_told_and_closed(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "AUTHENTICATE_S", 0.05)
    app, url = await serve()
    socket = await open_socket(url)
    refused, close = await all_of(socket)
    assert json.loads(refused[2:])["data"]["code"] == "auth_timeout"
    assert (refused[:2], close) == ("44", "1")
    assert len(app.sockets.connections) == 0


async def test_a_refused_socket_that_stays_is_cut(serve: Serve) -> None:
    app, url = await serve()
    socket = await open_socket(url)
    await socket.send("40{}")
    assert (await all_of(socket))[0].startswith("44{")
    assert len(app.sockets.connections) == 0


async def test_an_authenticated_socket_outlives_the_time_to_authenticate(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "AUTHENTICATE_S", 0.05)
    _, url = await serve()
    socket = await authenticated(url)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await socket.recv()
    await socket.close()


BAD_FRAMES: dict[str, str | bytes] = {
    "binary": b"\x04abc",
    "empty": "",
    "no kind of packet": "9",
    "a letter": "x",
    "base64": "bAAAA",
    "an upgrade": "5",
    "a message of no kind": "4x",
    "a message without a kind": "4",
    "an event that is no list": "42{}",
    "an event without a name": "42[]",
    "an event whose name is a list": "42[[1]]",
    "an event cut short": '42["event"',
    "an event with a key given twice": '42["event",{"a":1,"a":2}]',
    "an event nested too deep": '42["event",' + "[" * 9 + "]" * 9 + "]",
    "an event with NaN": '42["event",{"value":NaN}]',
    "a binary event": '451-["event",{"_placeholder":true,"num":0}]',
    "many attachments": "4599999999999-[]",
    "an id of 200 digits": "42" + "1" * 200 + '["event"]',
    "a refusal": "44{}",
    "too large": '42["event","' + "a" * 16_384 + '"]',
}


async def test_a_bad_packet_gets_an_error_and_the_third_the_end(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    app, url = await serve()
    for name, frame in BAD_FRAMES.items():
        socket = await authenticated(url)
        for _ in range(3):
            await socket.send(frame)
        received = [json.loads(each[2:]) for each in await all_of(socket) if each[:2] == "42"]
        errors = [(event, problem["code"]) for event, problem in received]
        assert errors == [("error", "malformed_packet")] * 3, name
    await until(lambda: len(app.sockets.connections) == 0)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_bad_packet_of_a_stranger_is_the_end(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    app, url = await serve()
    for frame in BAD_FRAMES.values():
        socket = await open_socket(url)
        await socket.send(frame)
        await all_of(socket)
    await until(lambda: len(app.sockets.connections) == 0)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_good_packet_after_a_bad_one_is_answered(serve: Serve) -> None:
    _, url = await serve()
    socket = await authenticated(url)
    await socket.send("4x")
    await socket.send('421["recommend",{"limit":1}]')
    assert "malformed_packet" in str(await socket.recv())
    assert str(await socket.recv()).startswith('431[{"ok":true')
    await socket.close()


async def test_websockets_elsewhere_are_refused(serve: Serve) -> None:
    _, url = await serve()
    with pytest.raises(Exception, match="403"):
        await connect(url.replace("http", "ws") + "/other")


def large_push(revision: int) -> Push:
    """A list of 200 KB that does not compress."""
    texts = (b64encode(random.Random(n).randbytes(1_500)).decode() for n in range(100))
    items = tuple(RecommendedItem(f"item-{n}", 1.0, Reason("x", t)) for n, t in enumerate(texts))
    made = Recommendations("7", revision, revision, "r1", "balanced", "personal", items)
    return Push(made, None, None)


async def flood(app: Application, pushes: int) -> None:
    for revision in range(1, pushes + 1):
        await app.sockets.deliver("7", large_push(revision))
        await asyncio.sleep(0)


async def test_a_slow_socket_is_sent_the_newest_list_and_no_queue(serve: Serve) -> None:
    app, url = await serve()
    socket = await authenticated(url)
    socket.transport.pause_reading()
    await flood(app, 300)
    (connection,) = app.sockets.connections
    assert connection.unsent is not None
    assert connection.unsent.recommendations.revision == 300
    socket.transport.resume_reading()
    revisions: list[int] = []
    while not revisions or revisions[-1] < 300:
        revisions.append(json.loads(str(await socket.recv())[2:])[1]["revision"])
    assert revisions == sorted(revisions)
    # What waits is in this program's and the kernel's buffers, and these are small.
    assert len(revisions) < 15
    await socket.close()


async def test_a_socket_that_never_reads_is_cut_off(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "STUCK_S", 0.1)
    app, url = await serve()
    socket = await authenticated(url)
    socket.transport.pause_reading()
    await flood(app, 100)
    await until(lambda: len(app.sockets.connections) == 0 and len(app.worker.service.hub) == 0)
    socket.transport.abort()


async def test_who_does_not_read_answers_is_not_read_from(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, url = await serve()
    socket = await authenticated(url)
    socket.transport.pause_reading()
    await flood(app, 100)
    monkeypatch.setattr(outbox, "STUCK_S", 0.1)
    for _ in range(outbox.ANSWERS_WAITING + 2):
        await socket.send('420["event",{}]')
    await until(lambda: len(app.sockets.connections) == 0)
    socket.transport.abort()


async def test_a_list_for_a_socket_without_an_address_goes_to_nobody(
    serve: Serve, browsers: Callable[[], Browser]
) -> None:
    app, url = await serve()
    browser = browsers()
    await browser.connect(url, {"user_id": "8"})
    await browser.next("recommendations")
    stranger = await open_socket(url)
    await until(lambda: len(app.sockets.connections) == 2)
    (unknown,) = (each for each in app.sockets.connections if each.identity is None)
    unknown.ready = True
    app.sockets.connections.watch(unknown, "7")
    await app.sockets.deliver("7", large_push(1))
    await browser.call("recommend", {})
    assert browser.received["recommendations"].empty()
    await stranger.close()


async def test_draining_tells_every_socket_and_closes_it(
    serve: Serve, browsers: Callable[[], Browser]
) -> None:
    app, url = await serve()
    made = [browsers() for _ in range(3)]
    for browser in made:
        await browser.connect(url, {"user_id": "7"})
    strangers = [await open_socket(url) for _ in range(3)]
    app.worker.draining = True
    await app.sockets.drain(0.03, random.Random(1))
    for browser in made:
        told = await browser.next("server_draining")
        assert 0 <= told["retry_after_ms"] < 5_000
        await browser.ended.wait()
        assert browser.received["server_draining"].empty()
    assert [await all_of(stranger) for stranger in strangers] == [["1"]] * 3
    with pytest.raises(Exception, match="onnect"):
        await browsers().connect(url, {"user_id": "7"})
    await until(lambda: len(app.sockets.connections) == 0)
