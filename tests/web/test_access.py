"""Who gets in: keys, pages of other origins, this machine's own clients. What each may do: test_matrix.py."""

from collections.abc import AsyncIterator
from hashlib import sha256

import httpx2
import pytest
from fastapi import APIRouter

from service.senders import Sender
from service.settings import Settings
from tests.asgi import http_client
from tests.web.conftest import SECRET, StartApp, token_of
from web.access import (
    Access,
    Caller,
    Declaration,
    Guard,
    UndeclaredRoute,
    declaration_of,
    open_to,
)
from web.app import Application, create_app
from web.openapi import DocumentedApp

KEYS = {
    "write": "write-key-0123456789",
    "server": "server-key-0123456789",
    "admin": "admin-key-0123456789",
}
EVENT = {"user_id": "7", "item_id": "tent", "type": "view"}


@pytest.fixture
async def keyed(start_app: StartApp) -> AsyncIterator[httpx2.AsyncClient]:
    keys = {f"{kind}_keys": (key,) for kind, key in KEYS.items()}
    app = await start_app(**keys, token_secret=SECRET)
    async with http_client(app, address="192.0.2.1", host="api.example") as client:
        yield client


async def test_a_users_token_keeps_out_only_the_events_of_others(keyed: httpx2.AsyncClient) -> None:
    batch = [EVENT, EVENT | {"user_id": "8"}]
    answer = await keyed.post(
        "/events", json=batch, headers={"authorization": f"Bearer {token_of('7')}"}
    )
    results = answer.json()["results"]
    assert "problem" not in results[0]
    assert results[1]["problem"]["code"] == "wrong_user"


@pytest.mark.parametrize("name", ["authorization", "x-api-key"])
async def test_an_unknown_key_is_refused(name: str, keyed: httpx2.AsyncClient) -> None:
    value = "Bearer not-a-key" if name == "authorization" else "not-a-key"
    answer = await keyed.get("/users/7", headers={name: value})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_key")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_key_may_come_as_bearer(keyed: httpx2.AsyncClient) -> None:
    answer = await keyed.post(
        "/event", json=EVENT, headers={"authorization": f"bearer {KEYS['write']}"}
    )
    assert answer.status_code == 202


async def test_of_each_kind_several_keys_are_taken_so_that_one_can_follow_another(
    start_app: StartApp,
) -> None:
    old, new = "the-old-key-of-2025", "the-new-key-of-2026"
    app = await start_app(server_keys=(old, new))
    async with http_client(app, address="192.0.2.1") as client:
        for key, status in ((old, 200), (new, 200), (f"{old},{new}", 401)):
            answer = await client.get("/trending", headers={"x-api-key": key})
            assert answer.status_code == status
    only_new = await start_app(server_keys=(new,))
    async with http_client(only_new, address="192.0.2.1") as client:
        answer = await client.get("/trending", headers={"x-api-key": old})
    assert answer.json()["code"] == "invalid_key"


async def test_a_key_may_be_known_by_its_digest_only(start_app: StartApp) -> None:
    key = KEYS["server"]
    stored = "sha256:" + sha256(key.encode()).hexdigest()
    app = await start_app(server_keys=(stored, "another-key-in-clear"))
    async with http_client(app, address="192.0.2.1") as client:
        for sent, status in ((key, 200), ("another-key-in-clear", 200), (stored, 401)):
            answer = await client.get("/trending", headers={"x-api-key": sent})
            assert answer.status_code == status


async def test_a_page_of_another_origin_is_refused_even_with_a_key(
    keyed: httpx2.AsyncClient,
) -> None:
    key = {"x-api-key": KEYS["write"]}
    foreign = await keyed.post(
        "/event", json=EVENT, headers=key | {"origin": "https://evil.example"}
    )
    assert (foreign.status_code, foreign.json()["code"]) == (403, "origin_not_allowed")
    own = await keyed.post("/event", json=EVENT, headers=key | {"origin": "http://api.example"})
    assert own.status_code == 202


@pytest.mark.parametrize("origin", ["http://[", "http://a]b", "[", "null", ""])
@pytest.mark.parametrize("host", ["api.example", "["])
async def test_an_origin_that_cannot_be_read_is_refused(
    origin: str, host: str, keyed: httpx2.AsyncClient
) -> None:
    headers = {"x-api-key": KEYS["write"], "origin": origin, "host": host}
    answer = await keyed.post("/event", json=EVENT, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed")


def test_a_page_without_an_origin_of_its_own_is_no_page_of_a_server_without_a_name() -> None:
    assert not Guard(Settings(), None).allows_origin("null", "")


async def test_an_allowed_origin_may_call_from_its_pages(start_app: StartApp) -> None:
    app = await start_app(write_keys=(KEYS["write"],), origins=("https://shop.example",))
    async with http_client(app) as client:
        asked = {"origin": "https://shop.example", "access-control-request-method": "POST"}
        assert (await client.options("/event", headers=asked)).status_code == 200
        key = {"x-api-key": KEYS["write"], "origin": "https://shop.example"}
        answer = await client.post("/event", json=EVENT, headers=key)
    assert answer.status_code == 202
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"


@pytest.mark.parametrize(
    ("address", "host", "status"),
    [
        ("127.0.0.1", "127.0.0.1:5000", 202),
        ("127.0.0.1", "localhost:5000", 202),
        ("::1", "[::1]:5000", 202),
        ("::ffff:127.0.0.1", "localhost", 202),
        ("192.0.2.1", "localhost", 403),
        ("127.0.0.1", "rebound.example", 403),
        ("127.0.0.1", "[", 403),
        ("127.0.0.1", "a]b", 403),
        ("127.0.0.1", "", 403),
        ("testclient", "localhost", 403),
    ],
)
async def test_without_keys_only_this_machine_is_answered(
    address: str, host: str, status: int, app: Application
) -> None:
    async with http_client(app, address=address) as client:
        answer = await client.post("/event", json=EVENT, headers={"host": host})
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "loopback_only"


@pytest.mark.parametrize(
    "name", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"]
)
async def test_without_keys_nobody_is_answered_through_a_proxy(name: str, app: Application) -> None:
    async with http_client(app) as client:
        answer = await client.post("/event", json=EVENT, headers={name: "127.0.0.1"})
    assert (answer.status_code, answer.json()["code"]) == (403, "loopback_only")


async def test_an_open_demo_answers_everybody(start_app: StartApp) -> None:
    app = await start_app(demo_open=True, write_keys=(KEYS["write"],))
    async with http_client(app, address="192.0.2.1", host="demo.example") as client:
        answer = await client.put("/items", json=[], headers={"origin": "https://else.example"})
    assert answer.status_code == 200


def test_a_route_that_declares_no_key_cannot_be_made() -> None:
    async def endpoint() -> None:
        """Declares nothing."""

    with pytest.raises(UndeclaredRoute):
        declaration_of(endpoint)


def test_an_app_with_a_route_that_nobody_guards_cannot_be_made() -> None:
    router = APIRouter()

    @router.get("/open")
    @open_to(Access.PUBLIC)
    async def endpoint() -> None:
        """Declares, but is no route of ours, so nobody would look."""

    with pytest.raises(UndeclaredRoute):
        create_app(Settings(), routers=[router])


def test_a_smaller_key_does_not_do_for_a_larger_one() -> None:
    with pytest.raises(Exception, match="admin key"):
        Caller(Access.SERVER).check(declaration_of(open_to(Access.ADMIN)(DocumentedApp.openapi)))


def test_the_same_key_from_another_address_is_another_sender() -> None:
    guard = Guard(Settings(write_keys=(KEYS["write"],)), None)
    headers = [(b"x-api-key", KEYS["write"].encode())]

    def sender(address: str) -> Sender | None:
        scope = {"headers": headers, "client": (address, 1)}
        return guard.admit(scope, Declaration(Access.WRITE)).sender

    addresses = ["192.0.2.1", "192.0.2.2", "192.0.2.1"]
    assert [one.network for one in map(sender, addresses) if one] == addresses
