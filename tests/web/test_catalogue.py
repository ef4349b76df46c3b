"""Items over HTTP."""

from typing import Any

import httpx2
import pytest

from tests.clock import Clock

TENT = {
    "item_id": "tent",
    "title": "Family tent 👨‍👩‍👧",
    "category": ["Outdoor", "Tents"],
    "brand": "Nordwind",
    "price": 249,
    "currency": "EUR",
    "tags": ["family"],
    "image": "/images/tent.webp",
    "in_stock": True,
    "hidden": False,
    "custom": {"weight_kg": 4.2},
}


async def test_a_stored_item_comes_back_whole(http: httpx2.AsyncClient) -> None:
    answer = await http.put("/items", json=[TENT, {"item_id": "stove"}])
    assert (answer.status_code, answer.json()) == (200, {"stored": 2})
    item = (await http.get("/items/tent")).json()
    assert item.pop("updated_at") > 0
    assert item == TENT


async def test_a_change_changes_what_it_names(http: httpx2.AsyncClient) -> None:
    await http.put("/items", json=[TENT])
    changes = {"price": 199.5, "brand": None, "in_stock": False, "tags": ["sale"]}
    answer = await http.patch("/items/tent", json=changes)
    assert answer.status_code == 200
    assert answer.json() == {**(await http.get("/items/tent")).json(), **changes}
    assert answer.json()["title"] == TENT["title"]


async def test_a_hidden_item_leaves_the_lists_within_a_second(
    http: httpx2.AsyncClient, clock: Clock
) -> None:
    await http.put("/items", json=[TENT, {"item_id": "stove"}])
    for item in ("tent", "stove"):
        await http.post("/event", json={"user_id": "1", "item_id": item, "type": "view"})
    await http.post("/event", json={"user_id": "2", "item_id": "tent", "type": "view"})
    assert len((await http.get("/realtime-recommend?user_id=2")).json()["items"]) == 1
    await http.patch("/items/stove", json={"hidden": True})
    clock.advance(1_001)
    assert (await http.get("/realtime-recommend?user_id=2")).json()["items"] == []


async def test_a_deleted_item_is_gone(http: httpx2.AsyncClient) -> None:
    await http.put("/items", json=[TENT])
    answer = await http.delete("/items/tent")
    assert (answer.status_code, answer.content) == (204, b"")
    for missing in (await http.get("/items/tent"), await http.delete("/items/tent")):
        assert missing.status_code == 404
        assert missing.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"price": -1}, "out_of_range"),
        ({"price": "9"}, "wrong_type"),
        ({"currency": "euro"}, "invalid_value"),
        ({"image": "javascript:alert(1)"}, "invalid_value"),
        ({"image": "data:text/html,x"}, "invalid_value"),
        ({"title": "a\u0000b"}, "invalid_value"),
        ({"category": "Outdoor"}, "wrong_type"),
        ({"in_stock": 1}, "wrong_type"),
        ({"colour": "red"}, "unknown_field"),
        ({"custom": {"a b": 1}}, "invalid_value"),
    ],
)
async def test_a_bad_item_keeps_out_the_whole_list(
    fields: dict[str, Any], code: str, http: httpx2.AsyncClient
) -> None:
    answer = await http.put("/items", json=[{"item_id": "stove"}, TENT | fields])
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["field"].startswith("1.")
    assert (await http.get("/items/stove")).status_code == 404


@pytest.mark.parametrize("changes", [{"in_stock": None}, {"item_id": "x"}, {"tags": None}, []])
async def test_a_bad_change_is_refused(changes: object, http: httpx2.AsyncClient) -> None:
    await http.put("/items", json=[TENT])
    assert (await http.patch("/items/tent", json=changes)).status_code == 422


@pytest.mark.parametrize("name", ["a:b", "%00", "%F0%9F%98%80", "a b", "x" * 129])
async def test_an_item_is_not_looked_for_by_a_name_that_is_no_id(
    name: str, http: httpx2.AsyncClient
) -> None:
    answer = await http.get(f"/items/{name}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_id")


async def test_bodies_of_all_routes_are_read_strictly(http: httpx2.AsyncClient) -> None:
    json_type = {"content-type": "application/json"}
    twice = b'[{"item_id": "a", "item_id": "b"}]'
    answer = await http.put("/items", content=twice, headers=json_type)
    assert (answer.status_code, answer.json()["code"]) == (400, "duplicate_key")
    answer = await http.put("/items", content=twice)
    assert (answer.status_code, answer.json()["code"]) == (415, "content_type")
    answer = await http.put("/items", content=b'[{"item_id": "\\ud800"}]', headers=json_type)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_unicode")
    answer = await http.put("/items", content=b" " * 300_000, headers=json_type)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
