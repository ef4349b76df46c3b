"""How many sockets and messages one may have, and what becomes of sockets that are left."""

import asyncio
import json
from typing import Any

import httpx2
import pytest
import socketio

from tests.web.conftest import Serve
from tests.web.test_socket_limits import all_of, authenticated
from tests.web.test_sockets import Browsers, until
from web.sockets import endings, server
from web.sockets.allowance import Allowance

VIEW = {"item_id": "tent", "type": "view"}


def test_an_allowance_fills_at_its_rate_up_to_its_burst() -> None:
    allowance = Allowance(10.0, at_s=0.0)
    assert [allowance.take(0.0) for _ in range(21)] == [True] * 20 + [False]
    assert [allowance.take(0.25), allowance.take(0.25)] == [True, False]
    assert [allowance.take(99.0) for _ in range(21)] == [True] * 20 + [False]


def test_who_goes_on_though_refused_overdraws_an_allowance() -> None:
    allowance = Allowance(10.0, at_s=0.0)
    drawn = []
    for _ in range(41):
        allowance.take(0.0)
        drawn.append(allowance.is_overdrawn)
    assert drawn == [False] * 40 + [True]


async def test_messages_that_come_too_fast_are_refused_and_do_nothing(
    serve: Serve, browsers: Browsers
) -> None:
    _, url = await serve(socket_messages_per_s=2)
    browser = browsers()
    await browser.connect(url, {"user_id": "7"})
    answers = [await browser.call("event", VIEW) for _ in range(7)]
    refused = [each["problem"] for each in answers if not each["ok"]]
    assert refused
    assert {(each["code"], each["status"], each["retry_after_s"]) for each in refused} == {
        ("rate_limited", 429, 1)
    }
    assert (await browser.next("error"))["code"] == "rate_limited"
    async with httpx2.AsyncClient(base_url=url) as http:
        known = (await http.get("/users/7")).json()
    assert known["totals"]["view"] == len(answers) - len(refused)


@pytest.mark.parametrize("name", ["event", "recommend", "levitate"])
async def test_who_goes_on_sending_too_fast_is_closed(
    serve: Serve, browsers: Browsers, name: str
) -> None:
    app, url = await serve(socket_messages_per_s=1)
    browser = browsers()
    await browser.connect(url, {"user_id": "7"})
    for _ in range(40):
        await browser.client.emit(name, {})
    async with asyncio.timeout(5):
        await browser.ended.wait()
    await until(lambda: len(app.worker.service.hub) == 0)


async def test_one_user_does_not_get_all_sockets(serve: Serve, browsers: Browsers) -> None:
    app, url = await serve(max_sockets_per_user=2)
    first, second, third = browsers(), browsers(), browsers()
    for browser in (first, second):
        await browser.connect(url, {"user_id": "7"})
    with pytest.raises(socketio.exceptions.ConnectionError):
        await third.connect(url, {"user_id": "7"})
    refused: dict[str, Any] = (await third.next("connect_error"))["data"]
    assert (refused["code"], refused["status"]) == ("too_many_sockets", 429)
    await browsers().connect(url, {"user_id": "8"})
    await first.close()
    await until(lambda: len(app.sockets.connections) == 2)
    await browsers().connect(url, {"user_id": "7"})


async def test_a_client_that_says_goodbye_is_not_let_in_again_on_the_same_socket(
    serve: Serve,
) -> None:
    app, url = await serve()
    socket = await authenticated(url)
    await socket.send("41")
    await socket.send('40{"user_id":"8"}')
    assert [packet for packet in await all_of(socket) if packet.startswith("40")] == []
    await until(lambda: len(app.sockets.connections) == 0 and len(app.worker.service.hub) == 0)


@pytest.mark.parametrize("connect", ['40{"user_id":"8"}', '40/console,{"user_id":"8"}'])
async def test_a_second_connect_is_malformed_and_changes_no_user(
    serve: Serve, connect: str
) -> None:
    app, url = await serve()
    socket = await authenticated(url)
    await socket.send(connect)
    assert "malformed_packet" in str(await socket.recv())
    await socket.send('421["recommend",{"limit":1}]')
    answer = json.loads(str(await socket.recv())[3:])[0]
    assert answer["recommendations"]["user_id"] == "7"
    assert len(app.worker.service.hub) == 1
    await socket.close()


async def test_a_socket_whose_client_answers_no_ping_is_dropped(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PING_INTERVAL_S", 0.1)
    monkeypatch.setattr(server, "PING_TIMEOUT_S", 0.1)
    monkeypatch.setattr(endings, "GOODBYE_S", 0.05)
    app, url = await serve()
    socket = await authenticated(url)
    assert (await all_of(socket))[0] == "2"
    await until(lambda: len(app.sockets.connections) == 0 and len(app.worker.service.hub) == 0)
