"""Every answer tells browsers what they may not do with it, whatever kind of answer it is."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial

import fakeredis
import httpx2
import pytest
from fastapi import APIRouter

from demo.app import create_app as create_demo
from service.settings import Settings
from tests.asgi import http_client, started
from tests.clock import Clock
from tests.web.conftest import SECRET, StartApp, open_fake, token_of
from web.access import Access, open_to
from web.app import ROUTERS, create_app
from web.routing import StrictRoute

KEY = "server-key-0123456789"
OWN = {"authorization": f"Bearer {token_of('7')}"}
SHOP = "https://shop.example"
# Method and path, headers, and what comes of it.
ANSWERS: list[tuple[str, str, dict[str, str], int]] = [
    ("GET", "/docs", {}, 200),
    ("GET", "/static/docs.css", {}, 200),
    ("GET", "/static/docs.css", {"if-none-match": "*"}, 304),
    ("GET", "/openapi.json", {}, 200),
    ("GET", "/healthz", {}, 200),
    ("HEAD", "/healthz", {}, 200),
    ("HEAD", "/realtime-recommend?user_id=7", OWN, 200),
    ("HEAD", "/realtime-recommend?user_id=7", {}, 401),
    ("GET", "/", {}, 307),
    ("GET", "/static/missing.css", {}, 404),
    ("GET", "/nothing", {}, 404),
    ("DELETE", "/event", {}, 405),
    ("GET", "/socket.io/", {}, 400),
    ("GET", "/realtime-recommend?user_id=7", OWN, 200),
    ("GET", "/realtime-recommend?user_id=7", {}, 401),
    ("GET", "/realtime-recommend?user_id=8", OWN, 403),
    ("GET", "/realtime-recommend?user_id=7&limit=0", OWN, 422),
    ("POST", "/event", OWN, 415),
    ("OPTIONS", "/event", {"origin": SHOP, "access-control-request-method": "POST"}, 200),
    ("OPTIONS", "/event", {"origin": "https://x", "access-control-request-method": "POST"}, 400),
]


def check_headers(answer: httpx2.Response) -> None:
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-request-id"]
    for policy in answer.headers.get_list("content-security-policy"):
        rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
        assert rules["default-src"] == "'self'"
        assert rules["frame-ancestors"] == "'none'"
        assert rules["base-uri"] == "'none'"
        assert rules.get("script-src", "'self'") == "'self'"
        assert "unsafe" not in policy
    assert answer.headers.get_list("content-security-policy")


@pytest.fixture
async def http(start_app: StartApp) -> AsyncIterator[httpx2.AsyncClient]:
    app = await start_app(server_keys=(KEY,), token_secret=SECRET, origins=(SHOP,))
    async with http_client(app, address="192.0.2.1") as client:
        yield client


@pytest.mark.parametrize(("method", "path", "headers", "status"), ANSWERS)
async def test_an_answer_has_the_headers(
    method: str, path: str, headers: dict[str, str], status: int, http: httpx2.AsyncClient
) -> None:
    answer = await http.request(method, path, headers=headers)
    assert answer.status_code == status
    check_headers(answer)


async def test_an_answer_to_one_who_asks_too_often_has_them(start_app: StartApp) -> None:
    app = await start_app(server_keys=(KEY,), token_secret=SECRET, user_requests_per_minute=1)
    async with http_client(app, address="192.0.2.1") as client:
        await client.get("/realtime-recommend?user_id=7", headers=OWN)
        answer = await client.get("/realtime-recommend?user_id=7", headers=OWN)
    assert answer.status_code == 429
    check_headers(answer)


async def test_an_answer_to_a_fault_of_ours_has_them(
    fake_server: fakeredis.FakeServer, clock: Clock
) -> None:
    router = APIRouter(route_class=StrictRoute)

    @router.get("/broken")
    @open_to(Access.PUBLIC)
    async def endpoint() -> None:
        raise RuntimeError

    app = create_app(
        Settings(), open_service=partial(open_fake, fake_server, clock), routers=[*ROUTERS, router]
    )
    as_a_server = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with started(app), httpx2.AsyncClient(transport=as_a_server) as client:
        answer = await client.get("http://127.0.0.1/broken")
    assert answer.status_code == 500
    check_headers(answer)


@pytest.mark.parametrize(
    "path",
    ["/demo/realtime", "/demo/static/app.js", "/demo/static/missing.js", "/demo/shop", "/", "/no"],
)
async def test_the_demos_answers_have_them(
    path: str, fake_server: fakeredis.FakeServer, clock: Clock
) -> None:
    app = create_demo(Settings(), open_service=partial(open_fake, fake_server, clock))
    async with AsyncExitStack() as running:
        await running.enter_async_context(started(app))
        client = await running.enter_async_context(http_client(app))
        check_headers(await client.get(path))
