"""No input is a fault of ours: thousands of damaged requests, none answered 5xx."""

import json
import random
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.asgi import http_client
from web.app import Application

CASES = 400
ODD: list[Any] = [
    *(None, True, False, 0, -1, 2**31, 2**53, 2**64, 1.5, -0.0, 1e308, "", "a", "1", " ", "a b"),
    *("\x00", "\ud800", "\u202e", "a" * 129, "a" * 5_000, "__proto__", "{1}", "*", "../", "%00"),
    *([], {}, [[]], {"a": {}}, [None], {"": ""}, {"a": "\ud800"}, list(range(50))),
]
TEMPLATES: dict[tuple[str, str], Any] = {
    ("POST", "/event"): {
        "user_id": "7",
        "item_id": "tent",
        "type": "view",
        "event_id": "e-1",
        "timestamp": 1_760_000_000_000,
        "value": 1.5,
        "quantity": 1,
        "currency": "EUR",
        "properties": {"a": 1},
    },
    ("POST", "/event?recommend=3"): {"user_id": "7", "item_id": "tent", "type": "purchase"},
    ("POST", "/events"): [{"user_id": "7", "item_id": "tent", "type": "view"}] * 2,
    ("POST", "/realtime-recommend"): {
        "user_id": "7",
        "limit": 5,
        "strategy": "balanced",
        "context_item": "tent",
        "category": ["Camping"],
        "price_min": 1,
        "exclude": ["stove"],
        "in_stock": True,
        "diversity": 0.5,
        "max_per_brand": 2,
    },
    ("PUT", "/items"): [{"item_id": "tent", "title": "Tent", "category": ["a"], "price": 1}],
    ("PATCH", "/items/tent"): {"title": "Tent", "tags": ["a"], "custom": {"a": 1}},
    ("PUT", "/users/7"): {"attributes": {"plan": "gold"}},
    ("PUT", f"/admin/imports/{'0f' * 16}"): {"shift_ms": 0, "rows_done": 1},
    ("POST", "/admin/dead-letters"): {
        "digest": "0f" * 16,
        "rows": [{"row": 2, "reason": "invalid_id", "field": "user_id"}],
    },
    ("PUT", "/admin/weights/trending/view"): {"weights": {"trending": 1.5}},
    ("PUT", "/admin/rules"): {
        "rules": [
            {"kind": "pin", "item_id": "tent", "place": 2, "category": "a", "ends_at": 2**41},
            {"kind": "boost", "tag": "new", "factor": 1.5, "starts_at": 2**40},
        ]
    },
}


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value inside, itself included."""
    yield path
    for key, child in children(value):
        yield from paths(child, (*path, key))


def children(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = replaced(copy[path[0]], path[1:], new)
    return copy


def damaged(template: Any, rng: random.Random) -> bytes:
    """A body with one to three odd values, unknown fields or broken bytes."""
    value = template
    for _ in range(rng.randint(1, 3)):
        value = replaced(value, rng.choice(list(paths(value))), rng.choice(ODD))
        if isinstance(value, dict) and rng.random() < 0.2:
            value = value | {rng.choice(["x", "is_admin", "\ud800", "a b"]): rng.choice(ODD)}
    body = bytearray(json.dumps(value, ensure_ascii=rng.random() < 0.9).encode(errors="replace"))
    if rng.random() < 0.2 and body:
        body[rng.randrange(len(body))] = rng.randrange(256)
    return bytes(body)


@pytest.mark.parametrize(("method", "path"), TEMPLATES)
async def test_no_damaged_body_is_a_fault_of_ours(method: str, path: str, app: Application) -> None:
    rng = random.Random(f"{method} {path}")
    headers = {"content-type": "application/json"}
    async with http_client(app) as http:
        for _ in range(CASES):
            body = damaged(TEMPLATES[method, path], rng)
            answer = await http.request(method, path, content=body, headers=headers)
            assert answer.status_code < 500, body
            if answer.is_error:
                assert answer.json()["code"], body


async def test_no_damaged_query_is_a_fault_of_ours(http: httpx2.AsyncClient) -> None:
    rng = random.Random(5)
    names = ["user_id", "limit", "category", "price_min", "in_stock", "item", "kind", "x", ""]
    values = ["7", "-1", "1e9", "x", "", "%00", "%ff", "%ed%a0%80", "true", "9" * 400, "a&b", "=;"]
    for path in ("/realtime-recommend", "/trending", "/similar/tent", "/similar/%00", "/users/%ff"):
        for _ in range(CASES // 4):
            pairs = (f"{rng.choice(names)}={rng.choice(values)}" for _ in range(rng.randint(0, 4)))
            answer = await http.get(f"{path}?{'&'.join(pairs)}")
            assert answer.status_code < 500


async def test_no_damaged_header_is_a_fault_of_ours(app: Application) -> None:
    rng = random.Random(6)
    names = ["host", "origin", "authorization", "x-api-key", "content-type", "content-length"]
    names += ["x-request-id", "forwarded", "x-forwarded-for", "access-control-request-method"]
    values = ["", "[", "]", "http://[", "http://a]b", "http://[::1", "[::1]:x", "a:b:c", "//", "@"]
    values += ["null", "Bearer", "Bearer ", "Bearer a.b.c", "-1", "1e3", "\xff", "%00", "a" * 5_000]
    paths = ["/event", "/event/", "/events", "/realtime-recommend?user_id=7", "/users/7", "/docs"]
    async with http_client(app) as http:
        for _ in range(CASES):
            sent = {name: rng.choice(values) for name in rng.sample(names, 2)}
            headers = {n.encode(): value.encode("latin-1") for n, value in sent.items()}
            path, method = rng.choice(paths), rng.choice(["GET", "POST", "OPTIONS"])
            answer = await http.request(method, path, headers=headers, content=b"{}")
            assert answer.status_code < 500, (method, path, sent)
