"""Who may call what: every route with every kind of caller."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from service.settings import Settings
from tests.asgi import http_client
from tests.web.conftest import SECRET, StartApp, token_of
from web.access import Access, Caller, Guard, UndeclaredRoute, declaration_of, open_to
from web.app import Application, create_app
from web.openapi import DocumentedApp

KEYS = {
    "write": "write-key-0123456789",
    "server": "server-key-0123456789",
    "admin": "admin-key-0123456789",
}
EVENT = {"user_id": "7", "item_id": "tent", "type": "view"}

# Method and path, body, and who may: each kind of key from the smallest that may; "own" for the user's token.
PUBLIC, WRITE, SERVER, ADMIN, OWN_WRITE, OWN_SERVER = (
    {"nobody", "write", "server", "admin", "own", "other"},
    {"write", "server", "admin"},
    {"server", "admin"},
    {"admin"},
    {"write", "server", "admin", "own"},
    {"server", "admin", "own"},
)
ROUTES: dict[tuple[str, str], tuple[object, set[str]]] = {
    ("POST", "/event"): (EVENT, OWN_WRITE),
    ("POST", "/event?recommend=3"): (EVENT, OWN_SERVER),
    ("POST", "/events?as_of=event"): ([EVENT], ADMIN),
    ("GET", "/realtime-recommend?user_id=7"): (None, OWN_SERVER),
    ("POST", "/realtime-recommend"): ({"user_id": "7"}, OWN_SERVER),
    ("GET", "/similar/tent"): (None, SERVER),
    ("GET", "/trending"): (None, SERVER),
    ("PUT", "/items"): ([{"item_id": "tent"}], ADMIN),
    ("GET", "/items/tent"): (None, SERVER),
    ("PATCH", "/items/tent"): ({"hidden": False}, ADMIN),
    ("DELETE", "/items/other"): (None, ADMIN),
    ("GET", "/users/7"): (None, SERVER),
    ("PUT", "/users/7"): ({"attributes": {}}, SERVER),
    ("GET", "/users/7/export"): (None, OWN_SERVER),
    ("POST", "/users/merge"): ({"from": "visitor", "to": "7"}, SERVER),
    ("DELETE", "/users/8"): (None, ADMIN),
    ("POST", "/admin/update-all-recommendations"): (None, ADMIN),
    ("GET", "/admin/jobs/x"): (None, ADMIN),
    ("DELETE", "/admin/jobs/x"): (None, ADMIN),
    ("GET", "/admin/keys"): (None, ADMIN),
    ("DELETE", "/admin/keys/0f0f0f0f/events"): (None, ADMIN),
    ("GET", f"/admin/imports/{'0f' * 16}"): (None, ADMIN),
    ("PUT", f"/admin/imports/{'0f' * 16}"): ({"shift_ms": 0, "rows_done": 0}, ADMIN),
    ("GET", "/admin/weights"): (None, ADMIN),
    ("PUT", "/admin/weights/trending/view"): ({"weights": {}}, ADMIN),
    ("DELETE", "/admin/weights/trending/view"): (None, ADMIN),
    ("GET", "/admin/rules"): (None, ADMIN),
    ("PUT", "/admin/rules"): ({"rules": []}, ADMIN),
    ("GET", "/healthz"): (None, PUBLIC),
    ("GET", "/readyz"): (None, PUBLIC),
    ("GET", "/metrics"): (None, SERVER),
    ("GET", "/docs"): (None, PUBLIC),
    ("GET", "/openapi.json"): (None, PUBLIC),
    ("GET", "/asyncapi.json"): (None, PUBLIC),
    ("GET", "/static/docs.css"): (None, PUBLIC),
    ("GET", "/"): (None, PUBLIC),
    ("GET", "/socket.io"): (None, PUBLIC),
    ("POST", "/socket.io"): (None, PUBLIC),
    ("GET", "/socket.io/"): (None, PUBLIC),
    ("POST", "/socket.io/"): (None, PUBLIC),
}
REFUSALS = {(401, "missing_key"), (403, "key_not_allowed"), (403, "wrong_user")}
CALLERS = ["nobody", "write", "server", "admin", "own", "other"]


@pytest.fixture
async def keyed(start_app: StartApp) -> AsyncIterator[httpx2.AsyncClient]:
    keys = {f"{kind}_keys": (key,) for kind, key in KEYS.items()}
    app = await start_app(**keys, token_secret=SECRET)
    async with http_client(app, address="192.0.2.1", host="api.example") as client:
        yield client


def headers_of(caller: str) -> dict[str, str]:
    if caller == "nobody":
        return {}
    if caller in KEYS:
        return {"x-api-key": KEYS[caller]}
    token = token_of("7" if caller == "own" else "8")
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_only_those_who_may_get_in(method: str, path: str, keyed: httpx2.AsyncClient) -> None:
    body, may = ROUTES[method, path]
    for caller in CALLERS:
        headers = headers_of(caller)
        answer = await keyed.request(method, path, json=body, headers=headers)
        refusal = (answer.status_code, answer.json()["code"]) if answer.is_error else None
        assert (refusal in REFUSALS) == (caller not in may), (caller, refusal)
        if caller not in may:
            assert refusal == expected_refusal(caller, may)


def expected_refusal(caller: str, may: set[str]) -> tuple[int, str]:
    if caller == "nobody":
        return 401, "missing_key"
    return 403, "wrong_user" if caller == "other" and "own" in may else "key_not_allowed"


async def test_a_users_token_keeps_out_only_the_events_of_others(keyed: httpx2.AsyncClient) -> None:
    batch = [EVENT, EVENT | {"user_id": "8"}]
    answer = await keyed.post("/events", json=batch, headers=headers_of("own"))
    results = answer.json()["results"]
    assert "problem" not in results[0]
    assert results[1]["problem"]["code"] == "wrong_user"


def test_the_table_above_names_every_route() -> None:
    routes = [r for r in create_app(Settings()).fastapi.routes if isinstance(r, APIRoute)]
    named = {
        (method, route.path)
        for method, path in ROUTES
        for route in routes
        if method in (route.methods or ()) and route.path_regex.match(path.partition("?")[0])
    }
    assert named == {(method, route.path) for route in routes for method in route.methods or ()}


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
