"""Every bad input gets its own error, and nothing of it reaches Redis."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from redis.asyncio import Redis

from service.settings import Settings
from tests.clock import Clock
from tests.web.bad_bodies import BODIES
from tests.web.bad_rows import DIGEST, GOOD, HOUR_MS, JSON, Row, event, packed, typed
from tests.web.bad_texts import NO_IDS
from web.app import create_app
from web.json_input import BODY_LIMIT

ID_FIELDS = ["user_id", "item_id", "event_id", "session_id", "order_id"]
BAD_EVENTS = {
    name: row for name, row in BODIES.items() if (row.path, row.status) == ("/event", 422)
}
# What keeps out any body, whatever the route.
ENVELOPES = {
    "2 NaN": (b'{"a": NaN}', 400, "invalid_json"),
    "5 too deep": (b"[" * 9 + b"]" * 9, 400, "json_too_deep"),
    "8 a key given twice": (b'{"a": 1, "a": 2}', 400, "duplicate_key"),
    "13 UTF-16": ("{}".encode("utf-16"), 400, "not_utf8"),
    "13 a broken character": (b'"\xff"', 400, "not_utf8"),
    "no body": (b"", 400, "invalid_json"),
    "half a body": (b'{"a"', 400, "invalid_json"),
    "null": (b"null", 422, "wrong_type"),
    "a number": (b"1", 422, "wrong_type"),
}


def routes_with_bodies() -> list[tuple[str, str]]:
    """Method and path of each, with something plain for what stands in braces."""
    plain = {"item_id": "tent", "user_id": "7", "digest": DIGEST, "last_act": "view"}
    plain |= {"strategy": "trending", "job_id": "x"}
    paths = create_app(Settings.model_construct()).fastapi.openapi()["paths"]
    return [
        (method.upper(), path.format_map(plain))
        for path, operations in paths.items()
        for method, operation in operations.items()
        if "requestBody" in operation
    ]


async def check(http: httpx2.AsyncClient, row: Row) -> None:
    """The answer is the row's problem, and repeats nothing of a text that was sent."""
    answer = await http.request(row.method, row.path, content=row.body, headers=dict(row.headers))
    assert (answer.status_code, answer.json()["code"]) == (row.status, row.code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def all_of(redis: Redis) -> dict[str, Any]:
    """Everything in Redis, by key, but for how far the worker has sent."""
    keys = [key for key in await redis.keys("*") if ":recorded:" not in str(key)]
    return {str(key): await redis.dump(key) for key in keys}


@pytest.mark.parametrize("row", BODIES.values(), ids=BODIES.keys())
async def test_a_bad_body_gets_its_error_and_changes_nothing(
    row: Row, http: httpx2.AsyncClient, redis: Redis
) -> None:
    before = await all_of(redis)
    await check(http, row)
    assert await all_of(redis) == before


@pytest.mark.parametrize("value", NO_IDS.values(), ids=NO_IDS.keys())
async def test_what_is_no_id_is_none_in_any_field(
    value: str, http: httpx2.AsyncClient, redis: Redis
) -> None:
    before = await all_of(redis)
    for field in ID_FIELDS:
        await check(http, Row(event(**{field: value}), 422, "invalid_id"))
    sent = quote(value[:200], safe="")
    for name in ("user_id", "item"):
        answer = await http.get(f"/realtime-recommend?{name}={sent}")
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_id")
    assert await all_of(redis) == before


@pytest.mark.parametrize(("method", "path"), routes_with_bodies())
@pytest.mark.parametrize("envelope", ENVELOPES.values(), ids=ENVELOPES.keys())
async def test_every_route_with_a_body_takes_strict_json_only(
    method: str, path: str, envelope: tuple[bytes, int, str], http: httpx2.AsyncClient
) -> None:
    await check(http, Row(*envelope, path, method=method))


@pytest.mark.parametrize(("method", "path"), routes_with_bodies())
async def test_every_route_with_a_body_takes_one_type_of_some_size(
    method: str, path: str, http: httpx2.AsyncClient
) -> None:
    limit = 4 * BODY_LIMIT if path == "/events" else BODY_LIMIT
    for row in (
        Row(b" " * (limit + 1), 413, "body_too_large"),
        typed("text/plain"),
        typed("application/json; charset=utf-16"),
        Row(b"{}", 415, "content_type", headers=()),
        packed("gzip"),
    ):
        await check(http, Row(row.body, row.status, row.code, path, row.headers, method))


@pytest.mark.parametrize("limit", ["-1", "0", "101", "1e9", "x", "", "1.5", "%00", "%EF%BC%91"])
@pytest.mark.parametrize("path", ["/realtime-recommend?user_id=7&", "/trending?", "/similar/tent?"])
async def test_a_limit_in_the_query_is_out_of_range(
    path: str, limit: str, http: httpx2.AsyncClient
) -> None:
    answer = await http.get(f"{path}limit={limit}")
    assert (answer.status_code, answer.json()["code"]) == (422, "out_of_range")
    assert answer.json()["field"] == "limit"


async def test_an_event_id_cannot_be_used_for_other_content(
    http: httpx2.AsyncClient, redis: Redis
) -> None:
    await http.post("/event", json=GOOD | {"event_id": "e-1"})
    before = await all_of(redis)
    answer = await http.post("/event", json=GOOD | {"event_id": "e-1", "type": "purchase"})
    assert (answer.status_code, answer.json()["code"]) == (409, "event_id_reused")
    assert await all_of(redis) == before


@pytest.mark.parametrize("row", BAD_EVENTS.values(), ids=BAD_EVENTS.keys())
async def test_a_bad_event_among_good_ones_keeps_out_only_itself(
    row: Row, http: httpx2.AsyncClient
) -> None:
    body = b"[" + b",".join((event(event_id="e-1"), row.body, event(event_id="e-3"))) + b"]"
    answer = await http.post("/events", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["accepted"], answer.json()["rejected"]) == (200, 2, 1)
    # In a batch each field is judged for itself: an unknown one is refused whatever it holds.
    code = "unknown_field" if b'"x": "a' in row.body and row.code == "invalid_unicode" else row.code
    assert answer.json()["results"][1]["problem"]["code"] == code


async def test_a_body_without_a_length_is_counted_as_it_comes(http: httpx2.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100 * BODY_LIMIT:
            sent += 65_536
            yield b" " * 65_536

    answer = await http.post("/event", content=endless(), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert answer.headers["connection"] == "close"
    assert sent < 2 * BODY_LIMIT


async def test_no_answer_repeats_what_was_sent(http: httpx2.AsyncClient) -> None:
    secret = "hunter2 <script>"
    bodies = [GOOD | {"item_id": secret}, GOOD | {secret: 1}, GOOD | {"type": secret}]
    for body in bodies:
        answer = await http.post("/event", json=body)
        assert answer.status_code == 422
        assert "hunter2" not in answer.text


async def test_all_wrong_fields_are_named(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/event", json={"user_id": "a b", "item_id": "tent", "type": 1})
    errors = {error["field"]: error["code"] for error in answer.json()["errors"]}
    assert errors == {"user_id": "invalid_id", "type": "wrong_type"}


async def test_the_edge_of_what_is_accepted_is_accepted(
    http: httpx2.AsyncClient, clock: Clock
) -> None:
    for at_ms in (clock.now_ms + 300_000, clock.now_ms - 24 * HOUR_MS):
        answer = await http.post("/event", json=GOOD | {"timestamp": at_ms})
        assert answer.status_code == 202
    answer = await http.post("/event", json=GOOD | {"item_id": "A" + "9._~@-" * 21 + "b"})
    assert answer.status_code == 202
    for content_type in ("APPLICATION/JSON", 'application/json; charset="UTF-8"'):
        headers = {"content-type": content_type, "content-encoding": "identity"}
        answer = await http.post("/event", content=event(), headers=headers)
        assert answer.status_code == 202


@pytest.mark.parametrize("title", ["⛺️ tent", "خيمة", "\u202eabc", "a\u200db", "<script>", "'\"&"])
async def test_a_title_of_any_script_comes_back_as_it_was_sent(
    title: str, http: httpx2.AsyncClient
) -> None:
    await http.put("/items", json=[{"item_id": "tent", "title": title}])
    assert (await http.get("/items/tent")).json()["title"] == title
