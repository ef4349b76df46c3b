"""Rules over HTTP: set for every worker, checked before any of them holds."""

from typing import Any

import httpx2
import pytest

from service.rules import RULES_MAX
from tests.asgi import http_client
from tests.service.shop import comes_true
from tests.web.conftest import StartApp

TENT = {"item_id": "tent", "title": "Family tent"}
NO_RULES: dict[str, list[Any]] = {"rules": [], "warnings": []}
PIN = {"kind": "pin", "item_id": "tent", "place": 1}
BOOST = {"kind": "boost", "brand": "Nordwind", "factor": 2}
BLOCK = {"kind": "block", "tag": "recalled"}


async def put(http: httpx2.AsyncClient, *rules: Any) -> httpx2.Response:
    return await http.put("/admin/rules", json={"rules": list(rules)})


async def shown(http: httpx2.AsyncClient, query: str = "") -> list[str]:
    answer = await http.get(f"/realtime-recommend?user_id=7{query}")
    return [item["item_id"] for item in answer.json()["items"]]


async def act(http: httpx2.AsyncClient, user: str, *items: str) -> None:
    for item in items:
        await http.post("/event", json={"user_id": user, "item_id": item, "type": "view"})


async def test_rules_are_given_back_as_they_were_sent(http: httpx2.AsyncClient) -> None:
    await http.put("/items", json=[TENT])
    rules = [PIN | {"category": "Camping"}, BOOST | {"ends_at": 1767225600000}, BLOCK]
    answer = await put(http, *rules)
    assert (answer.status_code, answer.json()) == (200, {"rules": rules, "warnings": []})
    assert (await http.get("/admin/rules")).json() == {"rules": rules, "warnings": []}
    assert (await put(http)).json() == (await http.get("/admin/rules")).json() == NO_RULES


async def test_a_slip_is_kept_and_warned_of_whenever_the_rules_are_shown(
    http: httpx2.AsyncClient,
) -> None:
    set_rules = (await put(http, PIN)).json()
    assert set_rules["rules"] == [PIN]
    assert [text.partition(":")[0] for text in set_rules["warnings"]] == ["The pin of tent"]
    assert (await http.get("/admin/rules")).json() == set_rules


async def test_rules_hold_on_every_worker(start_app: StartApp) -> None:
    one, other = await start_app(), await start_app()
    async with http_client(one) as http, http_client(other) as elsewhere:
        await act(http, "1", "lamp", "stove", "tent")
        await act(http, "7", "lamp")
        assert await shown(elsewhere) == ["stove", "tent"]
        await put(http, {"kind": "pin", "item_id": "tent", "place": 1})
        assert await shown(http) == ["tent", "stove"]

        async def told() -> bool:
            return await shown(elsewhere) == ["tent", "stove"]

        await comes_true(told)


async def test_a_pinned_item_says_so(http: httpx2.AsyncClient) -> None:
    await http.put("/items", json=[TENT])
    await put(http, PIN)
    (item,) = (await http.get("/realtime-recommend?user_id=7")).json()["items"]
    assert item["reason"] == {"code": "pinned", "text": "Picked by the shop", "parameters": {}}


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"kind": "pin", "item_id": "tent"}, "missing_field"),
        ({"kind": "pin", "place": 1}, "missing_field"),
        (PIN | {"place": 0}, "out_of_range"),
        (PIN | {"place": 101}, "out_of_range"),
        (PIN | {"brand": "Nordwind"}, "unknown_field"),
        (PIN | {"factor": 2}, "unknown_field"),
        ({"kind": "boost", "brand": "Nordwind"}, "missing_field"),
        ({"kind": "boost", "factor": 2}, "missing_field"),
        (BOOST | {"tag": "new"}, "missing_field"),
        (BOOST | {"factor": -1}, "out_of_range"),
        (BOOST | {"factor": 101}, "out_of_range"),
        (BOOST | {"place": 1}, "unknown_field"),
        ({"kind": "block"}, "missing_field"),
        (BLOCK | {"item_id": "a b"}, "invalid_value"),
        (BLOCK | {"factor": 1}, "unknown_field"),
        (BLOCK | {"starts_at": 2_000_000_000_000, "ends_at": 2_000_000_000_000}, "out_of_range"),
        (BLOCK | {"starts_at": 1_767_225_600}, "time_in_seconds"),
        ({"kind": "bury", "item_id": "tent"}, "invalid_value"),
        (BLOCK | {"colour": "red"}, "unknown_field"),
        (7, "wrong_type"),
    ],
)
async def test_a_wrong_rule_is_refused_and_the_others_stay(
    rule: Any, code: str, http: httpx2.AsyncClient
) -> None:
    await put(http, PIN)
    answer = await put(http, BLOCK, rule)
    assert answer.status_code == 422
    assert answer.json()["code"] in {code, "invalid_id"}
    assert (await http.get("/admin/rules")).json()["rules"] == [PIN]


async def test_there_are_no_more_rules_than_the_service_keeps(http: httpx2.AsyncClient) -> None:
    assert (await put(http, *[BLOCK] * RULES_MAX)).status_code == 200
    answer = await put(http, *[BLOCK] * (RULES_MAX + 1))
    assert (answer.status_code, answer.json()["code"]) == (422, "wrong_length")


async def test_variety_is_asked_for_in_the_query(http: httpx2.AsyncClient) -> None:
    items = [
        {"item_id": item, "title": title, "category": [category], "brand": "Nord"}
        for item, title, category in (
            ("t1", "Family tent", "Tents"),
            ("t2", "Family tent", "Tents"),
            ("s1", "Gas stove", "Stoves"),
        )
    ]
    await http.put("/items", json=items)
    for fans, item in ((3, "t1"), (2, "t2"), (1, "s1")):
        for fan in range(fans):
            await act(http, f"{item}-{fan}", "lamp", item)
    await act(http, "7", "lamp")
    assert await shown(http) == ["t1", "t2", "s1"]
    assert await shown(http, "&diversity=0.9") == ["t1", "s1", "t2"]
    assert await shown(http, "&max_per_category=1") == ["t1", "s1"]
    assert await shown(http, "&max_per_brand=1") == ["t1"]


@pytest.mark.parametrize(
    "query",
    ["diversity=1.1", "diversity=-0.1", "diversity=x", "max_per_category=0", "max_per_brand=a"],
)
async def test_variety_out_of_bounds_is_refused(query: str, http: httpx2.AsyncClient) -> None:
    answer = await http.get(f"/realtime-recommend?user_id=7&{query}")
    assert answer.status_code == 422
