"""Who may do what: every route and every message of a socket, with every kind of caller."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest
from fastapi.routing import APIRoute
from redis.asyncio import Redis
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from service.settings import Settings
from tests.asgi import http_client
from tests.clock import START_MS
from tests.web.conftest import SECRET, Serve, StartApp, token_of
from web.app import create_app
from web.asyncapi import SENT_BY_CLIENT

SECURITY = Path(__file__).parents[2] / "docs" / "security.md"
KEYS = {
    "write": "write-key-0123456789",
    "server": "server-key-0123456789",
    "admin": "admin-key-0123456789",
}
EVENT = {"user_id": "7", "item_id": "tent", "type": "view"}

# Method and path, body, and who may: each kind of key from the smallest that may; "own" for the user's token.
PUBLIC, WRITE, SERVER, ADMIN, OWN_WRITE, OWN_SERVER = (
    None,
    {"write", "server", "admin"},
    {"server", "admin"},
    {"admin"},
    {"write", "server", "admin", "own"},
    {"server", "admin", "own"},
)
ROUTES: dict[tuple[str, str], tuple[object, set[str] | None]] = {
    ("POST", "/event"): (EVENT, OWN_WRITE),
    ("POST", "/event?recommend=3"): (EVENT, OWN_SERVER),
    ("POST", "/events"): ([EVENT], OWN_WRITE),
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
    ("GET", f"/admin/imports/{'0f' * 16}"): (None, ADMIN),
    ("PUT", f"/admin/imports/{'0f' * 16}"): ({"shift_ms": 0, "rows_done": 0}, ADMIN),
    ("GET", "/admin/keys"): (None, ADMIN),
    ("DELETE", "/admin/keys/0f0f0f0f/events"): (None, ADMIN),
    ("GET", "/admin/dead-letters"): (None, ADMIN),
    ("POST", "/admin/dead-letters"): ({"digest": "0f" * 16, "rows": []}, ADMIN),
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
NOW_S = START_MS // 1_000
CLAIMS = {"sub": "7", "aud": "tandem", "iat": NOW_S, "exp": NOW_S + 60}
# Tokens that are none, and what each is refused with.
BAD_TOKENS = {
    "expired": (jwt.encode(CLAIMS | {"exp": NOW_S - 60}, SECRET), "token_expired"),
    "forged": (jwt.encode(CLAIMS, SECRET[::-1]), "token_invalid"),
    "wrong audience": (jwt.encode(CLAIMS | {"aud": "other"}, SECRET), "token_invalid"),
    "algorithm none": (jwt.encode(CLAIMS, "", algorithm="none"), "token_invalid"),
    "no expiry": (jwt.encode({"sub": "7", "aud": "tandem"}, SECRET), "token_invalid"),
    "too long": (jwt.encode(CLAIMS | {"exp": NOW_S + 3_601}, SECRET), "token_invalid"),
}
CALLERS = ("nobody", "wrong key", *KEYS, "own", "other", *BAD_TOKENS)
# What a socket may say of itself; "named" only says whose it would like to be.
SOCKET_CALLERS = ("nobody", "named", "wrong key", *KEYS, "own", "other", *BAD_TOKENS)
SOCKET_MESSAGES: dict[str, dict[str, object]] = {
    "event": {"item_id": "tent", "type": "view"},
    "recommend": {"limit": 3},
}
Refusal = tuple[int, str] | None


def token(caller: str) -> str:
    """A bearer's word: a key, a good token, or a bad one."""
    if caller in BAD_TOKENS:
        return BAD_TOKENS[caller][0]
    users = {"own": "7", "other": "8"}
    return token_of(users[caller]) if caller in users else KEYS.get(caller, "no-key-that-we-know")


def refusal_of_stranger(caller: str) -> Refusal:
    """Why somebody is let in nowhere; None for those who are somebody."""
    if caller == "nobody":
        return 401, "missing_key"
    if caller == "wrong key":
        return 401, "invalid_key"
    return (401, BAD_TOKENS[caller][1]) if caller in BAD_TOKENS else None


def expected(caller: str, may: set[str] | None) -> Refusal:
    if may is None or caller in may:
        return None
    if caller == "other" and "own" in may:
        return 403, "wrong_user"
    return refusal_of_stranger(caller) or (403, "key_not_allowed")


REFUSALS = {
    expected(caller, may)
    for caller in CALLERS
    for may in (ADMIN, OWN_SERVER)
    if expected(caller, may)
}


def refusal(answer: httpx2.Response) -> Refusal:
    """Why the caller was kept out; None where they were let in, whatever came of it."""
    problem = answer.json() if answer.is_error else {}
    if answer.is_success and answer.url.path == "/events":
        problem = answer.json()["results"][0].get("problem", {})
    refused = (problem.get("status"), problem.get("code"))
    return refused if refused in REFUSALS else None


@pytest.fixture
async def keyed(start_app: StartApp) -> AsyncIterator[httpx2.AsyncClient]:
    keys = {f"{kind}_keys": (key,) for kind, key in KEYS.items()}
    app = await start_app(**keys, token_secret=SECRET)
    async with http_client(app, address="192.0.2.1", host="api.example") as client:
        yield client


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_only_those_who_may_get_in(method: str, path: str, keyed: httpx2.AsyncClient) -> None:
    body, may = ROUTES[method, path]
    met = {}
    for caller in CALLERS:
        headers = {} if caller == "nobody" else {"authorization": f"Bearer {token(caller)}"}
        met[caller] = refusal(await keyed.request(method, path, json=body, headers=headers))
    assert met == {caller: expected(caller, may) for caller in CALLERS}


def test_the_table_names_every_route() -> None:
    routes = [r for r in create_app(Settings()).fastapi.routes if isinstance(r, APIRoute)]
    named = {
        (method, route.path)
        for method, path in ROUTES
        for route in routes
        if method in (route.methods or ()) and route.path_regex.match(path.partition("?")[0])
    }
    assert named == {(method, route.path) for route in routes for method in route.methods or ()}


def test_the_table_names_every_message_of_a_socket() -> None:
    server: Any = create_app(Settings()).sockets._server
    heard = set(server.handlers["/"]) - {"connect", "disconnect", "*"}
    assert set(SOCKET_MESSAGES) == heard == set(SENT_BY_CLIENT)


@pytest.mark.parametrize("caller", SOCKET_CALLERS)
@pytest.mark.parametrize("name", SOCKET_MESSAGES)
async def test_a_socket_acts_for_its_own_user_or_not_at_all(
    caller: str, name: str, serve: Serve, redis: Redis
) -> None:
    keys = {f"{kind}_keys": (key,) for kind, key in KEYS.items()}
    _, url = await serve(**keys, token_secret=SECRET)
    answers = await said_to(url, auth_of(caller), name, SOCKET_MESSAGES[name])
    user = {"own": "7", "other": "8"}.get(caller)
    done = {"event": "recorded", "recommend": f"the list of {user}"}
    assert answers == ([code_of(caller)] if user is None else ["in", done[name]])
    recorded = {str(key).rpartition(":")[2] for key in await redis.keys("*:history:*")}
    assert recorded == ({user} if user and name == "event" else set())


@pytest.mark.parametrize("name", SOCKET_MESSAGES)
async def test_a_socket_cannot_name_another_user(name: str, serve: Serve, redis: Redis) -> None:
    _, url = await serve(server_keys=(KEYS["server"],), token_secret=SECRET)
    auth = {"token": token_of("7"), "user_id": "8"}
    message = SOCKET_MESSAGES[name] | {"user_id": "8"}
    assert await said_to(url, auth, name, message) == ["in", "unknown_field"]
    assert await redis.keys("*:history:*") == []


def test_the_page_on_security_says_how_many_cells_there_are() -> None:
    cells = len(ROUTES) * len(CALLERS) + len(SOCKET_MESSAGES) * len(SOCKET_CALLERS)
    assert f"{cells} cells" in SECURITY.read_text()


def auth_of(caller: str) -> object:
    if caller == "named":
        return {"user_id": "7"}
    return None if caller == "nobody" else {"token": token(caller)}


def code_of(caller: str) -> str:
    """What a socket is refused with: keys are no tokens."""
    if caller in ("nobody", "named"):
        return "missing_token"
    return BAD_TOKENS[caller][1] if caller in BAD_TOKENS else "token_invalid"


async def said_to(url: str, auth: object, name: str, message: object) -> list[str]:
    """What a client is answered that sends its message whether or not it is let in."""
    answers: list[str] = []
    where = url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
    async with connect(where) as socket:
        await socket.recv()
        try:
            await socket.send("40" + ("" if auth is None else json.dumps(auth)))
            await socket.send("421" + json.dumps([name, message]))
            while len(answers) < 2:
                answers += answer_in(str(await socket.recv()))
        except ConnectionClosed:
            pass
    return answers


def answer_in(packet: str) -> list[str]:
    """`in`, what was done, or a code; nothing for a pushed list."""
    kind, content = packet[:2], packet[2:]
    if kind == "40":
        return ["in"]
    if kind == "44":
        return [json.loads(content)["message"]]
    if kind != "43":
        return []
    (ack,) = json.loads(content.lstrip("1"))
    if not ack["ok"]:
        return [ack["problem"]["code"]]
    listed = ack.get("recommendations")
    return [f"the list of {listed['user_id']}" if listed else "recorded"]
