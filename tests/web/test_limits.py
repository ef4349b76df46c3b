"""How often a caller may ask."""

from typing import Any

import fakeredis
import pytest

from service.settings import Settings
from tests.asgi import http_client
from tests.web.conftest import SECRET, Serve, StartApp, token_of
from tests.web.test_sockets import Browsers
from web.access import Access, Caller
from web.app import Application
from web.limits import RequestLimits

KEYS = {f"{kind}_keys": (f"{kind}-key-0123456789",) for kind in ("write", "server", "admin")} | {
    "token_secret": SECRET
}
LIST = "/realtime-recommend?user_id="
EVENT = {"item_id": "tent", "type": "view"}


def bearer(user_id: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token_of(user_id)}"}


async def statuses(
    app: Application, path: str, headers: dict[str, str], times: int, address: str = "192.0.2.1"
) -> list[int]:
    async with http_client(app, address=address) as client:
        return [(await client.get(path, headers=headers)).status_code for _ in range(times)]


async def test_a_user_who_asks_too_often_is_told_when_to_ask_again(start_app: StartApp) -> None:
    app = await start_app(**KEYS, user_requests_per_minute=3)
    assert await statuses(app, f"{LIST}7", bearer("7"), 3) == [200] * 3
    async with http_client(app, address="192.0.2.1") as client:
        answer = await client.get(f"{LIST}7", headers=bearer("7"))
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert answer.headers["content-type"] == "application/problem+json"
    wait_s = int(answer.headers["retry-after"])
    assert 1 <= wait_s <= 60
    assert answer.json()["retry_after_s"] == wait_s
    names = ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")
    assert [int(answer.headers[name]) for name in names] == [3, 0, wait_s]
    assert await statuses(app, f"{LIST}8", bearer("8"), 1) == [200]


async def test_all_workers_count_together(start_app: StartApp) -> None:
    first = await start_app(**KEYS, user_requests_per_minute=3)
    second = await start_app(**KEYS, user_requests_per_minute=3)
    assert await statuses(first, f"{LIST}7", bearer("7"), 2) == [200, 200]
    assert await statuses(second, f"{LIST}7", bearer("7"), 2) == [200, 429]


async def test_events_count_elsewhere(start_app: StartApp) -> None:
    app = await start_app(**KEYS, user_requests_per_minute=1, ip_requests_per_minute=1)
    async with http_client(app, address="192.0.2.1") as client:
        for _ in range(3):
            event = EVENT | {"user_id": "7"}
            one = await client.post("/event", json=event, headers=bearer("7"))
            many = await client.post("/events", json=[event], headers=bearer("7"))
            assert (one.status_code, many.status_code) == (202, 200)


async def test_one_address_may_ask_so_often_whoever_asks(start_app: StartApp) -> None:
    app = await start_app(**KEYS, ip_requests_per_minute=2)
    of_network = ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1"]
    answers = [
        (await statuses(app, f"{LIST}{n}", bearer(str(n)), 1, address))[0]
        for n, address in enumerate(of_network)
    ]
    assert answers == [200, 200, 429, 200]


async def test_keys_of_a_shops_server_are_free_unless_they_are_named(start_app: StartApp) -> None:
    key = {"x-api-key": KEYS["server_keys"][0]}
    free = await start_app(**KEYS, key_requests_per_minute=1, ip_requests_per_minute=1)
    assert await statuses(free, "/trending", key, 3) == [200] * 3
    limited = await start_app(**KEYS, key_requests_per_minute=2, limited_callers=("server",))
    assert await statuses(limited, "/trending", key, 3) == [200, 200, 429]


async def test_this_machines_own_clients_are_free(start_app: StartApp) -> None:
    app = await start_app(user_requests_per_minute=1, ip_requests_per_minute=1)
    assert await statuses(app, f"{LIST}7", {}, 3, "127.0.0.1") == [200] * 3


async def test_who_is_refused_anyway_is_not_counted(start_app: StartApp) -> None:
    app = await start_app(**KEYS, user_requests_per_minute=1)
    assert await statuses(app, f"{LIST}8", {}, 2) == [401, 401]
    assert await statuses(app, "/users/7", bearer("7"), 2) == [403, 403]
    assert await statuses(app, f"{LIST}7", bearer("7"), 2) == [200, 429]


async def test_while_the_store_is_away_each_worker_counts_for_itself(
    start_app: StartApp, fake_server: fakeredis.FakeServer
) -> None:
    app = await start_app(**KEYS, user_requests_per_minute=3)
    fake_server.connected = False
    met = await statuses(app, f"{LIST}7", bearer("7"), 5)
    assert met[3:] == [429, 429]
    assert 429 not in met[:3]


async def test_a_socket_asks_no_more_often_than_its_user_may(
    serve: Serve, browsers: Browsers
) -> None:
    _, url = await serve(**KEYS, user_requests_per_minute=2)
    acks: list[dict[str, Any]] = []
    for _ in range(2):
        browser = browsers()
        await browser.connect(url, {"token": token_of("7")})
        acks += [await browser.call("recommend", {"limit": 3}) for _ in range(2)]
    assert [ack["ok"] for ack in acks] == [True, True, False, False]
    assert acks[-1]["problem"]["code"] == "rate_limited"
    assert (await browser.call("event", EVENT))["ok"] is True


async def test_a_socket_of_this_machine_is_free(serve: Serve, browsers: Browsers) -> None:
    _, url = await serve(user_requests_per_minute=1)
    browser = browsers()
    await browser.connect(url, {"user_id": "7"})
    for _ in range(3):
        assert (await browser.call("recommend", {"limit": 3}))["ok"] is True


@pytest.mark.parametrize("rate", ["user", "ip"])
def test_a_rate_of_zero_is_none(rate: str) -> None:
    unlimited: dict[str, Any] = {f"{rate}_requests_per_minute": 0}
    limits = RequestLimits(Settings(**unlimited))
    counted = {kind for kind, _, _ in limits.of(Caller(Access.PUBLIC, "7"), "192.0.2.1")}
    assert counted == {"user", "ip"} - {rate}
