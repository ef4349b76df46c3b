"""The example of each error of each route is what the route really answers."""

from collections.abc import AsyncIterator
from typing import Any

import fakeredis
import httpx2
import pytest
from starlette.types import Receive

from service.settings import Settings
from tests.asgi import http_client
from tests.web.conftest import SECRET, StartApp, token_of
from tests.web.test_answers import MISSING
from web.app import Application, create_app
from web.batch import BATCH_BYTES
from web.problems import MEDIA_TYPE

Call = tuple[str, str, object]
WRITE_KEY = "write-key-0123456789"
ADMIN_KEY = "admin-key-0123456789"
JSON = {"content-type": "application/json"}
EVENT = {"user_id": "7", "item_id": "tent", "type": "view", "event_id": "e-1"}
DIGEST = "0f" * 16

# A request that each operation takes.
GOOD: dict[str, Call] = {
    "recordEvent": ("POST", "/event", EVENT),
    "recordEvents": ("POST", "/events", [EVENT]),
    "getRecommendations": ("GET", "/realtime-recommend?user_id=7", None),
    "postRecommendations": ("POST", "/realtime-recommend", {"user_id": "7"}),
    "getSimilarItems": ("GET", "/similar/tent", None),
    "getTrendingItems": ("GET", "/trending", None),
    "putItems": ("PUT", "/items", [{"item_id": "tent"}]),
    "getItem": ("GET", "/items/tent", None),
    "changeItem": ("PATCH", "/items/tent", {"hidden": True}),
    "deleteItem": ("DELETE", "/items/tent", None),
    "getUser": ("GET", "/users/7", None),
    "putUser": ("PUT", "/users/7", {"attributes": {}}),
    "exportUser": ("GET", "/users/7/export", None),
    "mergeUsers": ("POST", "/users/merge", {"from": "visitor", "to": "7"}),
    "eraseUser": ("DELETE", "/users/7", None),
    "startRebuild": ("POST", "/admin/update-all-recommendations", None),
    "getJob": ("GET", "/admin/jobs/x", None),
    "cancelJob": ("DELETE", "/admin/jobs/x", None),
    "getKeys": ("GET", "/admin/keys", None),
    "undoKey": ("DELETE", "/admin/keys/0f0f0f0f/events", None),
    "getImport": ("GET", f"/admin/imports/{DIGEST}", None),
    "putImport": ("PUT", f"/admin/imports/{DIGEST}", {"shift_ms": 0, "rows_done": 0}),
    "getWeights": ("GET", "/admin/weights", None),
    "pinWeights": ("PUT", "/admin/weights/trending/view", {"weights": {"trending": 2}}),
    "resetWeights": ("DELETE", "/admin/weights/trending/view", None),
    "getDeadLetters": ("GET", "/admin/dead-letters", None),
    "noteDeadLetters": (
        "POST",
        "/admin/dead-letters",
        {"digest": DIGEST, "rows": [{"row": 1, "reason": "not_utf8"}]},
    ),
    "getRules": ("GET", "/admin/rules", None),
    "putRules": ("PUT", "/admin/rules", {"rules": []}),
    "getMetrics": ("GET", "/metrics", None),
}
# One with a wrong field.
WRONG: dict[str, Call] = {
    "recordEvent": ("POST", "/event", EVENT | {"item_id": "tent 4p"}),
    "recordEvents": ("POST", "/events", EVENT),
    "getRecommendations": ("GET", "/realtime-recommend?user_id=7&limit=101", None),
    "postRecommendations": (
        "POST",
        "/realtime-recommend",
        {"user_id": "7", "price_min": 30, "price_max": 20},
    ),
    "getSimilarItems": ("GET", "/similar/a:b", None),
    "getTrendingItems": ("GET", "/trending?kind=x", None),
    "putItems": ("PUT", "/items", [{"item_id": "tent", "price": -1}]),
    "getItem": ("GET", "/items/a:b", None),
    "changeItem": ("PATCH", "/items/tent", {"in_stock": None}),
    "deleteItem": ("DELETE", "/items/a:b", None),
    "getUser": ("GET", "/users/a:b", None),
    "putUser": ("PUT", "/users/7", {"attributes": {"plan": 1}}),
    "exportUser": ("GET", "/users/a:b/export", None),
    "mergeUsers": ("POST", "/users/merge", {"from": "visitor 3f9c", "to": "7"}),
    "eraseUser": ("DELETE", "/users/a:b", None),
    "startRebuild": ("POST", "/admin/update-all-recommendations?scope=x", None),
    "getJob": ("GET", "/admin/jobs/a:b", None),
    "cancelJob": ("DELETE", "/admin/jobs/a:b", None),
    "undoKey": ("DELETE", "/admin/keys/x/events", None),
    "getImport": ("GET", "/admin/imports/x", None),
    "putImport": ("PUT", f"/admin/imports/{DIGEST}", {"shift_ms": 0}),
    "pinWeights": ("PUT", "/admin/weights/trending/view", {"weights": {"trending": 101}}),
    "resetWeights": ("DELETE", "/admin/weights/trending/dislike", None),
    "putRules": ("PUT", "/admin/rules", {"rules": [{"kind": "pin", "item_id": "tent-4p"}]}),
    "getDeadLetters": ("GET", "/admin/dead-letters?before=yesterday", None),
    "noteDeadLetters": ("POST", "/admin/dead-letters", {"digest": DIGEST}),
}

# While the store is away these are answered from memory.
LISTS = {"getRecommendations", "postRecommendations", "getSimilarItems", "getTrendingItems"}


def examples() -> dict[tuple[str, int], dict[str, Any]]:
    """The example of each problem, by operation and status."""
    operations = [
        operation
        for methods in create_app(Settings.model_construct()).fastapi.openapi()["paths"].values()
        for operation in methods.values()
    ]
    return {
        (operation["operationId"], int(status)): answer["content"][MEDIA_TYPE]["example"]
        for operation in operations
        for status, answer in operation["responses"].items()
        if MEDIA_TYPE in answer.get("content", {})
    }


EXAMPLES = examples()


def of(status: int) -> list[str]:
    """The operations that answer this status."""
    return [operation for operation, answered in EXAMPLES if answered == status]


def check(operation: str, answer: httpx2.Response) -> None:
    example = EXAMPLES[operation, answer.status_code]
    assert answer.json() | {"request_id": "x"} == example | {"request_id": "x"}, operation


@pytest.fixture
async def keyed(start_app: StartApp) -> AsyncIterator[httpx2.AsyncClient]:
    app = await start_app(write_keys=(WRITE_KEY,), token_secret=SECRET)
    async with http_client(app) as client:
        yield client


async def call(http: httpx2.AsyncClient, to: Call, **options: Any) -> httpx2.Response:
    method, path, body = to
    return await http.request(method, path, json=body, **options)


def test_every_operation_that_fails_is_tried_below() -> None:
    assert {operation for operation, _ in EXAMPLES} == set(GOOD)
    assert set(of(422)) == set(WRONG)
    assert set(of(404)) == set(MISSING)
    assert set(of(409)) == {"recordEvent", "cancelJob", "mergeUsers"}
    assert {operation for operation in of(429) if not is_rate(operation)} == {"recordEvent"}
    tried = {400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503}
    assert {status for _, status in EXAMPLES} == tried


async def test_401(keyed: httpx2.AsyncClient) -> None:
    for operation in of(401):
        check(operation, await call(keyed, GOOD[operation]))


async def test_403(keyed: httpx2.AsyncClient) -> None:
    headers = {"x-api-key": WRITE_KEY}
    other = {"authorization": f"Bearer {token_of('8')}"}
    for operation in set(of(403)) - {"recordEvents"}:
        own = operation == "recordEvent"
        check(operation, await call(keyed, GOOD[operation], headers=other if own else headers))
    imported = await keyed.post("/events?as_of=event", json=[EVENT], headers=headers)
    check("recordEvents", imported)


async def test_404(http: httpx2.AsyncClient) -> None:
    for operation in of(404):
        check(operation, await call(http, MISSING[operation]))


async def test_400_of_bodies(http: httpx2.AsyncClient) -> None:
    for operation in set(of(400)) - {"getRecommendations"}:
        method, path, _ = GOOD[operation]
        check(operation, await http.request(method, path, content=b"{", headers=JSON))


async def test_400_of_queries(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/realtime-recommend?user_id=7&user_id=8")
    check("getRecommendations", answer)


async def test_413(http: httpx2.AsyncClient) -> None:
    for operation in set(of(413)) - {"recordEvents"}:
        method, path, _ = GOOD[operation]
        body = b" " * (BATCH_BYTES + 1)
        check(operation, await http.request(method, path, content=body, headers=JSON))
    check("recordEvents", await http.post("/events", json=[1] * 1_001))


async def test_415(http: httpx2.AsyncClient) -> None:
    for operation in of(415):
        method, path, _ = GOOD[operation]
        check(operation, await http.request(method, path, content=b"{}"))


async def test_422(http: httpx2.AsyncClient) -> None:
    for operation in of(422):
        check(operation, await call(http, WRONG[operation]))


async def test_409_of_an_event(http: httpx2.AsyncClient) -> None:
    await http.post("/event", json=EVENT)
    check("recordEvent", await http.post("/event", json=EVENT | {"type": "purchase"}))


async def test_409_of_a_merge(http: httpx2.AsyncClient) -> None:
    merge = {"from": "7", "to": "7"}
    check("mergeUsers", await http.post("/users/merge", json=merge))


async def test_409_of_a_job(http: httpx2.AsyncClient) -> None:
    job = (await http.post("/admin/update-all-recommendations")).json()
    while job["state"] == "running":
        job = (await http.get(f"/admin/jobs/{job['job_id']}")).json()
    check("cancelJob", await http.delete(f"/admin/jobs/{job['job_id']}"))


def is_rate(operation: str) -> bool:
    return bool(EXAMPLES[operation, 429]["code"] == "rate_limited")


async def test_429_of_requests(start_app: StartApp) -> None:
    limits = {"limited_callers": ("admin",), "key_requests_per_minute": 1}
    app = await start_app(admin_keys=(ADMIN_KEY,), **limits)
    async with http_client(app, address="192.0.2.1") as http:
        http.headers["x-api-key"] = ADMIN_KEY
        await call(http, GOOD["getTrendingItems"])
        for operation in filter(is_rate, of(429)):
            answer = await call(http, GOOD[operation])
            waits = {"request_id": "x", "retry_after_s": 1}
            assert answer.json() | waits == EXAMPLES[operation, 429] | waits, operation


async def test_429(start_app: StartApp) -> None:
    async with http_client(await start_app(max_events_per_user_per_day=10)) as http:
        for n in range(10):
            await http.post("/event", json=EVENT | {"event_id": f"e-{n}"})
        check("recordEvent", await http.post("/event", json=EVENT | {"event_id": "e-10"}))


async def test_503(http: httpx2.AsyncClient, fake_server: fakeredis.FakeServer) -> None:
    fake_server.connected = False
    for operation in set(of(503)) - {"recordEvents"} - LISTS:
        check(operation, await call(http, GOOD[operation]))


async def test_408(http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def ends_never(_limit: int, _receive: Receive) -> bytes:
        raise TimeoutError

    monkeypatch.setattr("web.json_input._up_to", ends_never)
    for operation in of(408):
        check(operation, await call(http, GOOD[operation]))


async def test_503_of_a_list(
    app: Application, http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vars(app.http)["_app"], "limit", 0)
    for operation in LISTS:
        check(operation, await call(http, GOOD[operation]))


async def test_503_of_a_batch(http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.recording.WAITING_LIMIT", -1)
    check("recordEvents", await http.post("/events", json=[EVENT]))
