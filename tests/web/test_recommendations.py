"""Asking for lists."""

from collections.abc import Sequence
from typing import Any

import httpx2
import pytest

ITEMS = [
    {"item_id": "tent", "title": "Tent", "category": ["Outdoor", "Tents"], "price": 200.0},
    {"item_id": "stove", "title": "Stove", "category": ["Outdoor", "Kitchen"], "price": 40.0},
    {"item_id": "lamp", "title": "Lamp", "brand": "Hell", "price": 15.0, "in_stock": False},
]


@pytest.fixture
async def shop(http: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """Two users who looked at tent, stove and lamp; the third has seen the tent."""
    await http.put("/items", json=ITEMS)
    for user in ("1", "2"):
        for item in ("tent", "stove", "lamp"):
            await view(http, user, item)
    await view(http, "3", "tent")
    return http


async def view(http: httpx2.AsyncClient, user: str, item: str) -> None:
    answer = await http.post("/event", json={"user_id": user, "item_id": item, "type": "view"})
    assert answer.status_code == 202


def ids(items: Sequence[dict[str, Any]]) -> list[str]:
    return [item["item_id"] for item in items]


async def test_a_users_own_act_is_in_the_next_list(shop: httpx2.AsyncClient) -> None:
    answer = (await shop.get("/realtime-recommend?user_id=3")).json()
    assert answer["user_id"] == "3"
    assert answer["basis"] == "personal"
    assert set(ids(answer["items"])) == {"stove", "lamp"}
    assert answer["items"][0]["reason"]["parameters"]["item_id"] == "tent"


async def test_an_items_time_is_named_as_in_the_catalogue(shop: httpx2.AsyncClient) -> None:
    listed = (await shop.get("/realtime-recommend?user_id=3&exclude=lamp")).json()["items"]
    stored = (await shop.get("/items/stove")).json()
    assert listed[0]["attributes"]["updated_at"] == stored["updated_at"]
    assert "updated_ms" not in listed[0]["attributes"]
    popular = (await shop.get("/trending")).json()["items"]
    assert all("updated_ms" not in item["attributes"] for item in popular)


async def test_a_list_is_the_same_by_get_and_by_post(shop: httpx2.AsyncClient) -> None:
    got = (await shop.get("/realtime-recommend?user_id=3&limit=1&exclude=lamp&exclude=x")).json()
    body = {"user_id": "3", "limit": 1, "exclude": ["lamp", "x"]}
    posted = (await shop.post("/realtime-recommend", json=body)).json()
    assert posted == {**got, "cached": True}


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ("exclude=stove", {"lamp"}),
        ("category=Kitchen", {"stove"}),
        ("brand=Hell", {"lamp"}),
        ("price_min=30", {"stove"}),
        ("price_max=30.5", {"lamp"}),
        ("in_stock=true", {"stove"}),
        ("in_stock=false", {"stove", "lamp"}),
    ],
)
async def test_filters_say_what_may_be_shown(
    filters: str, left: set[str], shop: httpx2.AsyncClient
) -> None:
    answer = (await shop.get(f"/realtime-recommend?user_id=3&{filters}")).json()
    assert set(ids(answer["items"])) == left


async def test_contributions_add_up_to_the_score(shop: httpx2.AsyncClient) -> None:
    answer = (await shop.get("/realtime-recommend?user_id=3&explain=true")).json()
    for item in answer["items"]:
        assert sum(item["contributions"].values()) == pytest.approx(item["score"], abs=1e-6)


async def test_contributions_are_only_for_who_asks(shop: httpx2.AsyncClient) -> None:
    answer = (await shop.get("/realtime-recommend?user_id=3")).json()
    assert all("contributions" not in item for item in answer["items"])


async def test_reasons_can_be_left_out(shop: httpx2.AsyncClient) -> None:
    """Of what is ranked and of what fills the list up; all else is the same."""
    for user in ("3", "nobody"):
        told = (await shop.get(f"/realtime-recommend?user_id={user}")).json()["items"]
        untold = (await shop.get(f"/realtime-recommend?user_id={user}&reasons=false")).json()[
            "items"
        ]
        assert told
        assert untold == [
            {name: value for name, value in item.items() if name != "reason"} for item in told
        ]


async def test_what_is_popular_is_explained_only_to_who_asks(shop: httpx2.AsyncClient) -> None:
    items = (await shop.get("/trending")).json()["items"]
    assert items
    assert all("contributions" not in item for item in items)
    for item in (await shop.get("/trending?explain=true")).json()["items"]:
        assert item["contributions"] == {"trending": item["score"]}


async def test_an_anonymous_session_is_recommended_to_by_its_items(
    shop: httpx2.AsyncClient,
) -> None:
    answer = (await shop.post("/realtime-recommend", json={"item": ["tent"]})).json()
    assert answer["user_id"] is None
    assert set(ids(answer["items"])) == {"stove", "lamp"}


@pytest.mark.parametrize("body", [{}, {"user_id": "3", "item": ["tent"]}])
async def test_one_of_user_and_items_is_needed(
    body: dict[str, object], shop: httpx2.AsyncClient
) -> None:
    answer = await shop.post("/realtime-recommend", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "missing_field")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("user_id=a:b", "invalid_id"),
        ("user_id=3&is_admin=1", "unknown_field"),
        ("user_id=3&in_stock=yes", "wrong_type"),
        ("user_id=3&price_min=cheap", "wrong_type"),
        ("user_id=3&price_min=-1", "out_of_range"),
        ("user_id=3&category=%00", "invalid_value"),
        ("user_id=3&price_min=30&price_max=29.99", "out_of_range"),
    ],
)
async def test_a_bad_query_is_refused(query: str, code: str, shop: httpx2.AsyncClient) -> None:
    answer = await shop.get(f"/realtime-recommend?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize("query", ["user_id=3&user_id=4", "user_id=%ff"])
async def test_a_query_that_cannot_be_read_is_a_bad_request(
    query: str, shop: httpx2.AsyncClient
) -> None:
    assert (await shop.get(f"/realtime-recommend?{query}")).status_code == 400


async def test_a_price_range_that_holds_no_price_is_named(shop: httpx2.AsyncClient) -> None:
    body = {"user_id": "3", "price_min": 30, "price_max": 20}
    answer = await shop.post("/realtime-recommend", json=body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "out_of_range")
    assert problem["field"] == "price_max"
    assert problem["detail"] == "price_max must not be below price_min."


async def test_a_price_range_may_hold_one_price(shop: httpx2.AsyncClient) -> None:
    answer = await shop.get("/realtime-recommend?user_id=3&price_min=40&price_max=40")
    assert ids(answer.json()["items"]) == ["stove"]


async def test_an_unknown_strategy_is_not_found(shop: httpx2.AsyncClient) -> None:
    answer = await shop.get("/realtime-recommend?user_id=3&strategy=magic")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_strategy")


async def test_similar_items_are_those_met_together(shop: httpx2.AsyncClient) -> None:
    answer = (await shop.get("/similar/tent?limit=2")).json()
    assert set(ids(answer["items"])) == {"stove", "lamp"}


async def test_trending_is_what_most_sessions_touched(shop: httpx2.AsyncClient) -> None:
    answer = (await shop.get("/trending?limit=1")).json()
    assert ids(answer["items"]) == ["tent"]
    answer = (await shop.get("/trending?category=Kitchen")).json()
    assert ids(answer["items"]) == ["stove"]
    assert (await shop.get("/trending?kind=purchase")).json()["items"] == []
