"""Users over HTTP."""

import httpx2
from redis.asyncio import Redis

from tests.asgi import http_client
from tests.web.conftest import StartApp
from web.wire.users import UserAttributes


async def test_what_is_known_of_a_user_can_be_read(http: httpx2.AsyncClient) -> None:
    await http.post("/event", json={"user_id": "7", "item_id": "tent", "type": "view"})
    answer = (await http.get("/users/7")).json()
    assert answer["totals"] == {"view": 1}
    assert [(entry["type"], entry["item_id"]) for entry in answer["history"]] == [("view", "tent")]


async def test_nobody_is_not_found(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/users/7")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_user")


async def test_attributes_replace_earlier_ones(http: httpx2.AsyncClient) -> None:
    await http.put("/users/7", json={"attributes": {"plan": "gold", "town": "Ulm"}})
    answer = await http.put("/users/7", json={"attributes": {"plan": "silver"}})
    assert answer.json() == {"attributes": {"plan": "silver"}}
    assert (await http.get("/users/7")).json()["attributes"] == {"plan": "silver"}


async def test_attributes_stay_as_long_as_an_event_counts_from_the_last_of_either(
    start_app: StartApp, redis: Redis
) -> None:
    async with http_client(await start_app(event_ttl_s=200_000)) as http:
        await http.put("/users/7", json={"attributes": {"plan": "gold"}})
        assert await redis.pttl("tandem:{0}:profile:7") > 199_000_000
        await redis.pexpire("tandem:{0}:profile:7", 1_000)
        await http.post("/event", json={"user_id": "7", "item_id": "tent", "type": "view"})
        assert await redis.pttl("tandem:{0}:profile:7") > 199_000_000


def test_the_reference_says_how_long_attributes_stay() -> None:
    assert "TANDEM_EVENT_TTL_S" in (UserAttributes.__doc__ or "")


async def test_an_erased_user_leaves_nothing(http: httpx2.AsyncClient, redis: Redis) -> None:
    before = set(await redis.keys("*"))
    for item in ("tent", "stove"):
        await http.post("/event", json={"user_id": "7", "item_id": item, "type": "purchase"})
    receipt = (await http.delete("/users/7")).json()
    assert receipt["user_id"] == "7"
    assert receipt["visits"] == 2
    left = {key for key in await redis.keys("*") if ":7" in key}
    assert left - before == set()
    assert (await http.get("/users/7")).status_code == 404


async def test_erasing_is_safe_to_repeat(http: httpx2.AsyncClient) -> None:
    await http.delete("/users/7")
    again = await http.delete("/users/7")
    assert (again.status_code, again.json()["visits"]) == (200, 0)
