"""For those who run it: health, readiness, metrics, headers, and errors of all kinds."""

import asyncio
import re

import fakeredis
import httpx2
import pytest

from service.settings import Settings
from tests.asgi import http_client
from tests.web.conftest import StartApp
from web.app import Application, create_app

EVENT = {"user_id": "shy-user", "item_id": "shy-item", "type": "view"}


async def test_a_live_process_says_so_without_redis(
    http: httpx2.AsyncClient, fake_server: fakeredis.FakeServer
) -> None:
    fake_server.connected = False
    answer = await http.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


async def test_a_worker_with_redis_is_ready(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/readyz")
    checks = {"running": True, "not_draining": True, "redis": True, "pushes": True}
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "checks": checks})


async def test_a_worker_without_redis_is_not_ready(
    http: httpx2.AsyncClient, fake_server: fakeredis.FakeServer
) -> None:
    fake_server.connected = False
    answer = await http.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["redis"]) == (503, False)


async def test_a_worker_that_is_deaf_to_what_is_published_is_not_ready(
    start_app: StartApp, fake_server: fakeredis.FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.canary.BEAT_INTERVAL_S", 0.01)
    async with http_client(await start_app()) as http:
        fake_server.subscribers.clear()
        async with asyncio.timeout(10):
            answer = await http.get("/readyz")
            while answer.status_code == 200:
                await asyncio.sleep(0.01)
                answer = await http.get("/readyz")
    assert answer.json()["checks"] == {
        "running": True,
        "not_draining": True,
        "redis": True,
        "pushes": False,
    }


async def test_a_worker_that_drains_is_not_ready_but_answers(
    http: httpx2.AsyncClient, app: Application
) -> None:
    app.worker.draining = True
    assert (await http.get("/readyz")).status_code == 503
    assert (await http.post("/event", json=EVENT)).status_code == 202


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/event", EVENT),
        ("GET", "/items/tent", None),
        ("GET", "/users/7", None),
        ("PUT", "/items", [{"item_id": "tent"}]),
        ("DELETE", "/users/7", None),
        ("POST", "/admin/update-all-recommendations", None),
    ],
)
async def test_without_redis_the_answer_is_503_and_when_to_try_again(
    method: str,
    path: str,
    body: object,
    http: httpx2.AsyncClient,
    fake_server: fakeredis.FakeServer,
) -> None:
    fake_server.connected = False
    answer = await http.request(method, path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    assert int(answer.headers["retry-after"]) >= 1


async def test_before_the_start_there_is_no_service() -> None:
    async with http_client(create_app(Settings())) as client:
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).json()["checks"]["running"] is False
        assert (await client.post("/event", json=EVENT)).status_code == 503


async def test_metrics_count_what_happened_and_name_nobody(http: httpx2.AsyncClient) -> None:
    await http.post("/event", json=EVENT | {"event_id": "shy-event"})
    await http.post("/event", json=EVENT | {"event_id": "shy-event"})
    await http.post("/event", json=EVENT | {"type": "shy-type"})
    await http.post("/events", json=[EVENT, {"x": 1}])
    await http.get("/realtime-recommend?user_id=shy-user")
    await http.get("/realtime-recommend?user_id=shy-user")
    await http.get("/items/shy-item")
    await http.get("/shy-path")
    text = (await http.get("/metrics")).text
    assert sample(text, 'tandem_events_total{result="new",type="view"}') == 2
    assert sample(text, 'tandem_events_total{result="duplicate",type="view"}') == 1
    assert sample(text, 'tandem_events_total{result="unknown_type",type="unknown"}') == 1
    assert sample(text, 'tandem_events_total{result="missing_field",type="unknown"}') == 1
    for cached in ("true", "false"):
        name = f'tandem_recommend_seconds_count{{cached="{cached}",strategy="balanced"}}'
        assert sample(text, name) == 1
    name = 'tandem_http_seconds_count{method="GET",route="/items/{item_id}",status="404"}'
    assert sample(text, name) == 1
    assert sample(text, 'tandem_http_seconds_count{method="none",route="none",status="404"}') == 1
    assert sample(text, "tandem_sockets") == 0
    assert sample(text, "tandem_push_links_total") == 1
    assert sample(text, "tandem_near_cache_misses_total") >= 1
    assert "shy" not in text


async def test_every_answer_has_the_security_headers_and_a_request_id(
    http: httpx2.AsyncClient,
) -> None:
    for path in ("/docs", "/healthz", "/nothing", "/users/7"):
        headers = (await http.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "default-src 'self'" in headers["content-security-policy"]
        assert re.fullmatch("[0-9a-f]{16}", headers["x-request-id"])


async def test_a_plain_request_id_of_the_client_is_kept(http: httpx2.AsyncClient) -> None:
    kept = await http.get("/nothing", headers={"x-request-id": "abc-1"})
    assert kept.json()["request_id"] == kept.headers["x-request-id"] == "abc-1"
    other = await http.get("/nothing", headers={"x-request-id": "a b"})
    assert other.headers["x-request-id"] != "a b"


async def test_nothing_there_is_a_problem_too(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:tandem:problem:not_found"


async def test_a_wrong_method_is_told_the_right_ones(http: httpx2.AsyncClient) -> None:
    answer = await http.delete("/realtime-recommend")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, POST"


async def test_a_failure_of_ours_is_a_problem_without_its_reason(app: Application) -> None:
    app.worker.metrics.events_of = None  # type: ignore[assignment]  # a bug, planted
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.post("/event", json=EVENT)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "NoneType" not in answer.text


def sample(text: str, name: str) -> float:
    """The value of a metric on the page."""
    lines = [line for line in text.splitlines() if line.startswith(name + " ")]
    assert len(lines) == 1, (name, text)
    return float(lines[0].rpartition(" ")[2])
