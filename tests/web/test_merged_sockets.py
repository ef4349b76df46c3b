"""Screens of a visitor who logs in, and is erased, by way of another worker."""

from collections.abc import Callable
from typing import Any

import httpx2

from tests.clock import Clock
from tests.serving import Browser
from tests.web.conftest import Serve

Browsers = Callable[[], Browser]


async def act(http: httpx2.AsyncClient, user: str, item: str) -> dict[str, Any]:
    answer = await http.post("/event", json={"user_id": user, "item_id": item, "type": "view"})
    body: dict[str, Any] = answer.json()
    return body


def shown(pushed: dict[str, Any]) -> set[str]:
    return {item["item_id"] for item in pushed["items"]}


async def test_a_visitors_screen_follows_the_user_they_turn_out_to_be(
    serve: Serve, browsers: Browsers
) -> None:
    (_, here), (_, elsewhere) = await serve(), await serve()
    screen = browsers()
    async with httpx2.AsyncClient(base_url=elsewhere) as http:
        for item in ("tent", "stove"):
            await act(http, "crowd", item)
        await act(http, "7", "tent")
        await screen.connect(here, {"user_id": "visitor"})
        first = await screen.next("recommendations")
        await http.post("/users/merge", json={"from": "visitor", "to": "7"})
        merged = await screen.next("recommendations")
        recorded = await act(http, "7", "stove")
        after = await screen.next("recommendations")
    assert merged["user_id"] == "visitor"
    assert first["revision"] < merged["revision"] < after["revision"] == recorded["revision"]
    assert "stove" in shown(merged)
    assert after["changed_by"]["item_id"] == "stove"


async def test_a_screen_of_who_is_erased_gets_a_strangers_list(
    serve: Serve, browsers: Browsers, clock: Clock
) -> None:
    (_, here), (_, elsewhere) = await serve(), await serve()
    screen = browsers()
    async with httpx2.AsyncClient(base_url=elsewhere) as http:
        for user, item in (("crowd", "tent"), ("crowd", "stove"), ("visitor", "tent")):
            await act(http, user, item)
        await http.post("/users/merge", json={"from": "visitor", "to": "7"})
        await screen.connect(here, {"user_id": "visitor"})
        before = await screen.next("recommendations")
        clock.advance(1_000)
        receipt = (await http.delete("/users/7")).json()
        after = await screen.next("recommendations")
    assert receipt["merged"] == ["visitor"]
    assert (before["basis"], after["basis"]) == ("personal", "trending")
    assert shown(after) == {"tent", "stove"}
    assert after["revision"] > before["revision"]
