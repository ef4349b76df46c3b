"""Limited callers over HTTP and sockets: who they are, and what they are answered."""

from collections.abc import AsyncIterator, Callable

import httpx2
import pytest

from service.senders import key_id
from tests.asgi import http_client
from tests.clock import Clock
from tests.serving import Browser
from tests.web.conftest import SECRET, Serve, StartApp, token_of

KEYS = {
    "write": "write-key-0123456789",
    "server": "server-key-0123456789",
    "admin": "admin-key-0123456789",
}
ADMIN = {"x-api-key": KEYS["admin"]}
LIMITS = {"events_per_user_per_minute": 2, "new_users_per_key_per_minute": 20}


@pytest.fixture
async def keyed(start_app: StartApp) -> AsyncIterator[httpx2.AsyncClient]:
    keys = {f"{kind}_keys": (key,) for kind, key in KEYS.items()}
    app = await start_app(**keys, **LIMITS, token_secret=SECRET)
    async with http_client(app, address="192.0.2.1", host="api.example") as client:
        yield client


def event(user: str = "7") -> dict[str, str]:
    return {"user_id": user, "item_id": "tent", "type": "view"}


def by(caller: str) -> dict[str, str]:
    if caller == "token":
        return {"authorization": f"Bearer {token_of('7')}"}
    return {"x-api-key": KEYS[caller]}


@pytest.mark.parametrize("caller", ["write", "token"])
async def test_write_keys_and_tokens_are_limited(
    caller: str, keyed: httpx2.AsyncClient, clock: Clock
) -> None:
    answers = [await keyed.post("/event", json=event(), headers=by(caller)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert answers[-1].json()["code"] == "rate_limited"
    assert answers[-1].headers["retry-after"] == str(60 - clock.now_ms // 1000 % 60)


@pytest.mark.parametrize("caller", ["server", "admin"])
async def test_server_and_admin_keys_are_not(caller: str, keyed: httpx2.AsyncClient) -> None:
    answers = [await keyed.post("/event", json=event(), headers=by(caller)) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [202] * 4


async def test_in_a_batch_each_event_is_answered_for_itself(keyed: httpx2.AsyncClient) -> None:
    batch = [event("1"), event("2"), event("3"), event("1"), event("1")]
    answer = (await keyed.post("/events", json=batch, headers=by("write"))).json()
    codes = [result.get("problem", {}).get("code") for result in answer["results"]]
    assert codes == [None, None, "too_many_new_ids", None, "rate_limited"]
    assert [result["problem"]["status"] for result in answer["results"][2:5:2]] == [429, 429]


async def test_a_client_of_this_machine_is_not_limited_without_keys(start_app: StartApp) -> None:
    async with http_client(await start_app(**LIMITS)) as client:
        answers = [await client.post("/event", json=event()) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [202] * 4


async def test_a_socket_by_token_is_limited(serve: Serve, browsers: Callable[[], Browser]) -> None:
    _, url = await serve(write_keys=(KEYS["write"],), token_secret=SECRET, **LIMITS)
    browser = browsers()
    await browser.connect(url, {"token": token_of("7")})
    act = {"item_id": "tent", "type": "view"}
    answers = [await browser.call("event", act) for _ in range(3)]
    assert [answer["ok"] for answer in answers] == [True, True, False]
    assert answers[-1]["problem"]["code"] == "rate_limited"


async def test_a_socket_of_this_machine_without_keys_is_not(
    serve: Serve, browsers: Callable[[], Browser]
) -> None:
    _, url = await serve(**LIMITS)
    browser = browsers()
    await browser.connect(url, {"user_id": "7"})
    act = {"item_id": "tent", "type": "view"}
    assert [(await browser.call("event", act))["ok"] for _ in range(4)] == [True] * 4


async def test_what_a_keys_users_did_can_be_taken_back(keyed: httpx2.AsyncClient) -> None:
    for user in ("1", "2"):
        await keyed.post("/event", json=event(user), headers=by("write"))
    named = key_id(KEYS["write"].encode())
    listed = (await keyed.get("/admin/keys", headers=ADMIN)).json()["keys"]
    assert listed[0] == {"key_id": named, "kind": "write", "users": 2}
    assert KEYS["write"] not in str(listed)
    undone = await keyed.delete(f"/admin/keys/{named}/events", headers=ADMIN)
    assert undone.json() == {
        "key_id": named,
        "users": 2,
        "visits": 2,
        "keys": undone.json()["keys"],
        "left": 0,
    }
    assert (await keyed.get("/users/1", headers=ADMIN)).status_code == 404


async def test_an_item_that_no_catalogue_holds_is_unknown(start_app: StartApp) -> None:
    async with http_client(await start_app(catalogue_only=True)) as client:
        answer = await client.post("/event", json=event())
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_item")
        await client.put("/items", json=[{"item_id": "tent"}])
        assert (await client.post("/event", json=event())).status_code == 202
