"""Users over HTTP."""

import httpx2
from redis.asyncio import Redis

from tests.asgi import http_client
from tests.web.conftest import SECRET, StartApp, token_of
from web.wire.exports import UserExport
from web.wire.users import UserAttributes

KEY, WRITE_KEY = "server-key-0123456789", "write-key-0123456789"


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
    assert (receipt["user_id"], receipt["merged"]) == ("7", [])
    assert receipt["visits"] == 2
    left = set(await redis.keys("*")) - before
    assert not [key for key in left if "7" in str(key).split(":")]
    assert (await http.get("/users/7")).status_code == 404


async def test_erasing_is_safe_to_repeat(http: httpx2.AsyncClient) -> None:
    await http.delete("/users/7")
    again = await http.delete("/users/7")
    assert (again.status_code, again.json()["visits"]) == (200, 0)


async def buy(http: httpx2.AsyncClient, user_id: str, *items: str) -> None:
    for item in items:
        sent = {"user_id": user_id, "item_id": item, "type": "purchase", "event_id": f"e-{item}"}
        assert (await http.post("/event", json=sent)).is_success


async def merge(http: httpx2.AsyncClient, source: str, target: str) -> httpx2.Response:
    return await http.post("/users/merge", json={"from": source, "to": target})


async def exported(http: httpx2.AsyncClient, user_id: str) -> UserExport:
    answer = await http.get(f"/users/{user_id}/export")
    return UserExport.model_validate_json(answer.content, strict=True)


async def test_an_export_holds_all_that_redis_holds(http: httpx2.AsyncClient, redis: Redis) -> None:
    await http.put("/users/7", json={"attributes": {"plan": "gold"}})
    await buy(http, "7", "tent", "stove")
    export = await exported(http, "7")
    (record,) = export.records
    assert (export.user_id, record.user_id) == ("7", "7")
    assert (record.profile["a:plan"], record.profile["n:purchase"]) == ("gold", "2")
    assert {entry.item_id for entry in record.history} == {"stove", "tent"}
    assert [set(ids) for ids in record.event_ids.values()] == [{"e-tent", "e-stove"}]
    session, basket = sorted(record.visits, key=lambda visit: visit.kind, reverse=True)
    assert [entry.item_id for entry in session.entries] == ["tent", "stove"]
    assert [(entry.item_id, entry.type) for entry in basket.entries] == [
        ("tent", "purchase"),
        ("stove", "purchase"),
    ]
    assert (session.listed_under, basket.listed_under) == (["stove", "tent"], [])


async def test_an_export_names_no_list_that_a_session_has_left(
    http: httpx2.AsyncClient, redis: Redis
) -> None:
    await buy(http, "7", "tent", "stove")
    (key,) = await redis.keys("*:sessions:*:tent")
    await redis.delete(key)
    (record,) = (await exported(http, "7")).records
    assert {tuple(visit.listed_under) for visit in record.visits} == {("stove",), ()}


async def test_an_export_of_many_visits_is_whole(http: httpx2.AsyncClient) -> None:
    for number in range(45):
        sent = {"user_id": "7", "item_id": "tent", "type": "view", "session_id": f"s{number}"}
        await http.post("/event", json=sent)
    (record,) = (await exported(http, "7")).records
    assert len({visit.name for visit in record.visits}) == 45


async def test_an_export_holds_the_ids_that_were_merged(http: httpx2.AsyncClient) -> None:
    await buy(http, "visitor", "tent")
    await merge(http, "visitor", "7")
    for user_id in ("7", "visitor"):
        export = await exported(http, user_id)
        assert export.user_id == "7"
        known, visitor = export.records
        assert [entry.item_id for entry in known.history] == ["tent"]
        assert visitor.profile["alias"] == "7"
        assert {visit.kind for visit in visitor.visits} == {"session", "basket"}


async def test_a_token_of_a_merged_id_does_not_open_the_known_users_export(
    start_app: StartApp,
) -> None:
    async with http_client(await start_app(token_secret=SECRET, server_keys=(KEY,))) as http:
        http.headers["x-api-key"] = KEY
        await buy(http, "visitor", "tent")
        own = {"authorization": f"Bearer {token_of('visitor')}"}
        assert (await http.get("/users/visitor/export", headers=own)).is_success
        await merge(http, "visitor", "7")
        answer = await http.get("/users/visitor/export", headers=own)
        assert (answer.status_code, answer.json()["code"]) == (403, "wrong_user")


async def test_merging_answers_whose_the_acts_are_now(http: httpx2.AsyncClient) -> None:
    assert (await merge(http, "visitor", "7")).json() == {"from": "visitor", "to": "7"}
    assert (await merge(http, "phone", "visitor")).json() == {"from": "phone", "to": "7"}
    assert (await merge(http, "phone", "8")).json()["code"] == "merged_elsewhere"


async def test_a_merged_ids_events_are_the_known_users(http: httpx2.AsyncClient) -> None:
    await buy(http, "visitor", "tent")
    await merge(http, "visitor", "7")
    again = {"user_id": "7", "item_id": "tent", "type": "purchase", "event_id": "e-tent"}
    answer = await http.post("/event", json=again)
    assert (answer.status_code, answer.json()["duplicate"]) == (200, True)
    await buy(http, "visitor", "stove")
    assert (await http.get("/users/7")).json()["totals"] == {"purchase": 2}


async def test_a_receipt_names_the_merged_ids(http: httpx2.AsyncClient, redis: Redis) -> None:
    await buy(http, "visitor", "tent")
    await merge(http, "visitor", "7")
    receipt = (await http.delete("/users/7")).json()
    assert (receipt["merged"], receipt["visits"]) == (["visitor"], 2)
    assert [key for key in await redis.keys("*") if "visitor" in key] == []


async def test_an_export_holds_what_was_turned_away_and_an_erasure_removes_it(
    http: httpx2.AsyncClient,
) -> None:
    for user_id in ("7", "8", "visitor"):
        old = {"user_id": user_id, "item_id": "tent", "type": "view", "timestamp": 10**10}
        await http.post("/events?as_of=event", json=[old])
    await merge(http, "visitor", "7")
    turned_away = (await exported(http, "7")).turned_away
    assert [(away.user_id, away.reason) for away in turned_away] == [
        ("7", "event_too_old"),
        ("visitor", "event_too_old"),
    ]
    await http.delete("/users/7")
    assert (await http.get("/users/7/export")).status_code == 404
    assert len((await exported(http, "8")).turned_away) == 1


async def test_who_came_with_a_write_key_and_is_known_now_is_no_longer_that_keys(
    start_app: StartApp,
) -> None:
    keys = {"write_keys": (WRITE_KEY,), "admin_keys": (KEY,)}
    async with http_client(await start_app(**keys)) as http:
        sent = {"user_id": "visitor", "item_id": "tent", "type": "view"}
        await http.post("/event", json=sent, headers={"x-api-key": WRITE_KEY})
        http.headers["x-api-key"] = KEY
        (record,) = (await exported(http, "visitor")).records
        (key_id,) = record.brought_by
        await merge(http, "visitor", "7")
        undone = (await http.delete(f"/admin/keys/{key_id}/events")).json()
        assert undone["users"] == 0
        assert (await http.get("/users/7")).json()["totals"] == {"view": 1}
