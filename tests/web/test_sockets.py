"""Sockets: what they are sent, and what they may do."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
import socketio

from tests.clock import START_MS
from tests.serving import Browser
from tests.web.conftest import Serve

Browsers = Callable[[], Browser]


async def act(url: str, user: str, item: str, act_type: str = "view") -> dict[str, Any]:
    async with httpx2.AsyncClient(base_url=url) as http:
        event = {"user_id": user, "item_id": item, "type": act_type}
        answer = await http.post("/event", json=event)
        assert answer.status_code == 202
        body: dict[str, Any] = answer.json()
        return body


async def test_a_socket_is_sent_its_users_list_at_once(serve: Serve, browsers: Browsers) -> None:
    _, url = await serve(worker_name="api-1")
    browser = browsers()
    await browser.connect(url, {"user_id": "7"})
    first = await browser.next("recommendations")
    assert (first["user_id"], first["items"], first["worker"]) == ("7", [], "api-1")
    assert (first["changed_by"], first["recorded_at"]) == (None, None)


async def test_an_event_over_http_is_pushed_to_the_users_sockets_and_to_no_other(
    serve: Serve, browsers: Browsers
) -> None:
    _, url = await serve()
    await act(url, "1", "tent")
    await act(url, "1", "stove")
    mine, mine_too, other = browsers(), browsers(), browsers()
    for browser, user in ((mine, "7"), (mine_too, "7"), (other, "8")):
        await browser.connect(url, {"user_id": user})
        await browser.next("recommendations")
    recorded = await act(url, "7", "tent")
    for browser in (mine, mine_too):
        pushed = await browser.next("recommendations")
        assert pushed["revision"] == recorded["revision"]
        assert pushed["changed_by"]["event_id"] == recorded["event_id"]
        assert pushed["recorded_at"] == START_MS
        assert [item["item_id"] for item in pushed["items"]] == ["stove"]
        assert pushed["items"][0]["reason"]
    await act(url, "8", "stove")
    assert (await other.next("recommendations"))["user_id"] == "8"
    assert mine.received["recommendations"].empty()


async def test_contributions_are_for_the_sockets_that_ask(serve: Serve, browsers: Browsers) -> None:
    _, url = await serve()
    await act(url, "1", "tent")
    await act(url, "1", "stove")
    curious, other = browsers(), browsers()
    await other.connect(url, {"user_id": "7"})
    await curious.connect(url, {"user_id": "7", "explain": True})
    for browser in (curious, other):
        await browser.next("recommendations")
    await act(url, "7", "tent")
    (explained,) = (await curious.next("recommendations"))["items"]
    (plain,) = (await other.next("recommendations"))["items"]
    assert sum(explained.pop("contributions").values()) == pytest.approx(plain["score"], abs=1e-6)
    assert explained == plain


async def test_an_event_over_the_socket_is_the_sockets_users(
    serve: Serve, browsers: Browsers
) -> None:
    _, url = await serve()
    browser = browsers()
    await browser.connect(url, {"user_id": "7"})
    await browser.next("recommendations")
    event = {"item_id": "tent", "type": "view", "event_id": "e-1"}
    first = await browser.call("event", event)
    assert first == {
        "ok": True,
        "event_id": "e-1",
        "duplicate": False,
        "revision": first["revision"],
    }
    assert await browser.call("event", event) == {**first, "duplicate": True}
    assert (await browser.next("recommendations"))["changed_by"]["event_id"] == "e-1"
    named = await browser.call("event", event | {"user_id": "8"})
    assert (named["ok"], named["problem"]["code"]) == (False, "unknown_field")


async def test_a_list_can_be_asked_for(serve: Serve, browsers: Browsers) -> None:
    _, url = await serve()
    await act(url, "1", "tent")
    await act(url, "1", "stove")
    browser = browsers()
    await browser.connect(url, {"user_id": "7"})
    await browser.call("event", {"item_id": "tent", "type": "view"})
    answer = await browser.call("recommend", {"limit": 1, "explain": True})
    assert answer["ok"] is True
    assert answer["recommendations"]["items"][0]["item_id"] == "stove"


IMPOSSIBLE: list[tuple[str, list[object], str]] = [
    ("event", [{"item_id": "a:b", "type": "view"}], "invalid_id"),
    ("event", [{"item_id": "a", "type": "levitate"}], "unknown_type"),
    ("event", [{"item_id": "a", "type": "view", "value": True}], "wrong_type"),
    ("event", [], "wrong_type"),
    ("event", ["tent"], "wrong_type"),
    ("event", [{}, {}], "wrong_type"),
    ("recommend", [{"limit": 0}], "out_of_range"),
    ("recommend", [{"user_id": "8"}], "unknown_field"),
    ("recommend", [{"strategy": "magic"}], "unknown_strategy"),
    ("recommend", [{"price_min": 2, "price_max": 1}], "out_of_range"),
    ("levitate", [{}], "unknown_message"),
]


async def test_what_cannot_be_done_is_acknowledged_with_the_problem(
    serve: Serve, browsers: Browsers
) -> None:
    _, url = await serve()
    browser = browsers()
    await browser.connect(url, {"user_id": "7"})
    for name, messages, code in IMPOSSIBLE:
        answer = await browser.call(name, *messages)
        assert (answer["ok"], answer["problem"]["code"]) == (False, code)


async def test_one_address_does_not_get_all_sockets(serve: Serve, browsers: Browsers) -> None:
    app, url = await serve(max_sockets_per_ip=2)
    first, second = browsers(), browsers()
    for browser in (first, second):
        await browser.connect(url, {"user_id": "7"})
    with pytest.raises(socketio.exceptions.ConnectionError):
        await browsers().connect(url, {"user_id": "7"})
    await first.close()
    await until(lambda: len(app.sockets.connections) == 1)
    await browsers().connect(url, {"user_id": "7"})


async def test_a_network_of_ipv6_is_one_address(
    serve: Serve, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = iter(("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"))
    monkeypatch.setattr("web.sockets.server.address_of", lambda _scope: next(addresses))
    _, url = await serve(max_sockets_per_ip=1)
    await browsers().connect(url, {"user_id": "7"})
    with pytest.raises(socketio.exceptions.ConnectionError):
        await browsers().connect(url, {"user_id": "7"})
    await browsers().connect(url, {"user_id": "7"})


async def test_when_the_last_socket_leaves_nothing_is_left(
    serve: Serve, browsers: Browsers
) -> None:
    app, url = await serve()
    sockets = [browsers() for _ in range(3)]
    for browser in sockets:
        await browser.connect(url, {"user_id": "7"})
    assert (len(app.sockets.connections), len(app.worker.service.hub)) == (3, 1)
    for browser in sockets:
        await browser.close()
    await until(lambda: len(app.sockets.connections) == 0 and len(app.worker.service.hub) == 0)
    assert "tandem_sockets 0.0" in app.worker.metrics.page().decode()


async def test_a_socket_that_comes_while_redis_is_away_is_closed_without_a_refusal(
    serve: Serve, browsers: Browsers, fake_server: Any
) -> None:
    app, url = await serve()
    fake_server.connected = False
    browser = browsers()
    with pytest.raises(socketio.exceptions.ConnectionError):
        await browser.connect(url, {"user_id": "7"}, wait_timeout=2)
    # A refusal would be final for a browser's client; a lost connection is not.
    assert "connect_error" not in browser.received
    await until(lambda: len(app.sockets.connections) == 0)
    fake_server.connected = True
    await browsers().connect(url, {"user_id": "7"})


async def test_pushes_are_timed(serve: Serve, browsers: Browsers) -> None:
    app, url = await serve()
    browser = browsers()
    await browser.connect(url, {"user_id": "7"})
    await browser.next("recommendations")
    await act(url, "7", "tent")
    await browser.next("recommendations")
    page = app.worker.metrics.page().decode()
    assert "tandem_push_seconds_count 1.0" in page
    assert "tandem_sockets 1.0" in page


async def until(condition: Callable[[], bool]) -> None:
    """Returns once the condition holds; the app tells of its inner state in no other way."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
