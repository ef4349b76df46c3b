"""What can never be recorded is kept for people to look at, without anything that was written freely."""

from typing import Any

import fakeredis
import httpx2
import pytest
from redis.asyncio import Redis

from tests.clock import START_MS

EVENT = {"user_id": "7", "item_id": "tent", "type": "view"}
PATH = "/admin/dead-letters"
DIGEST = "0f" * 16
YEAR_MS = 365 * 86_400_000
BAD: list[Any] = [
    EVENT | {"event_id": "e-1", "timestamp": START_MS - YEAR_MS, "properties": {"note": "hunter2"}},
    EVENT | {"user_id": "hunter2@shop.example hunter2", "event_id": "e-2"},
    EVENT | {"type": "hunter2", "timestamp": START_MS},
    "hunter2",
    {"user_id": "8", "item_id": "stove", "type": "purchase", "value": "hunter2"},
]


async def letters(http: httpx2.AsyncClient, **query: object) -> list[dict[str, Any]]:
    answer = await http.get(PATH, params={name: str(value) for name, value in query.items()})
    found: list[dict[str, Any]] = answer.json()["letters"]
    return found


async def imported(http: httpx2.AsyncClient, *events: object) -> httpx2.Response:
    return await http.post("/events?as_of=event", json=events)


async def test_each_event_of_an_import_that_is_refused_for_good_leaves_a_letter(
    http: httpx2.AsyncClient,
) -> None:
    answer = await imported(http, EVENT | {"timestamp": START_MS}, *BAD)
    assert answer.json()["rejected"] == 5
    kept = await letters(http)
    assert [(each["row"], each["reason"], each["field"]) for each in reversed(kept)] == [
        (2, "event_too_old", "timestamp"),
        (3, "invalid_id", "user_id"),
        (4, "unknown_type", "type"),
        (5, "wrong_type", None),
        (6, "wrong_type", "value"),
    ]
    assert {each["source"] for each in kept} == {"request"}
    assert {each["at"] for each in kept} == {START_MS}


async def test_a_letter_holds_the_ids_that_are_ids_and_a_type_that_is_known(
    http: httpx2.AsyncClient,
) -> None:
    await imported(http, *BAD)
    ids = [
        tuple(each[name] for name in ("user_id", "item_id", "type", "event_id"))
        for each in reversed(await letters(http))
    ]
    assert ids == [
        ("7", "tent", "view", "e-1"),
        (None, "tent", "view", "e-2"),
        ("7", "tent", None, None),
        (None, None, None, None),
        ("8", "stove", "purchase", None),
    ]


async def test_nothing_that_was_written_freely_reaches_redis(
    http: httpx2.AsyncClient, redis: Redis
) -> None:
    await imported(http, *BAD)
    assert "hunter2" not in str(await redis.xrange("tandem:dead-letters"))


async def test_events_that_are_no_import_leave_none(http: httpx2.AsyncClient) -> None:
    assert (await http.post("/events", json=BAD)).json()["rejected"] == 5
    assert await letters(http) == []


async def test_rows_of_a_file_are_noted_with_its_digest(http: httpx2.AsyncClient) -> None:
    rows = [{"row": 12, "reason": "invalid_id", "field": "user_id"}, {"row": 13, "reason": "no"}]
    answer = await http.post(PATH, json={"digest": DIGEST, "rows": rows})
    assert (answer.status_code, answer.json()) == (200, {"kept": 2})
    newest, oldest = await letters(http)
    assert (oldest["source"], oldest["row"], oldest["field"]) == (DIGEST, 12, "user_id")
    assert (newest["row"], newest["reason"], newest["field"]) == (13, "no", None)


@pytest.mark.parametrize("reason", ["has spaces", "", "x" * 65, "<b>"])
async def test_a_reason_is_a_code_and_no_text(reason: str, http: httpx2.AsyncClient) -> None:
    rows = [{"row": 1, "reason": reason}]
    answer = await http.post(PATH, json={"digest": DIGEST, "rows": rows})
    assert (answer.status_code, answer.json()["field"]) == (422, "rows.0.reason")


async def test_older_letters_are_asked_for_by_the_last_one_seen(http: httpx2.AsyncClient) -> None:
    await imported(http, *BAD)
    first = await letters(http, limit=3)
    rest = await letters(http, limit=3, before=first[-1]["letter_id"])
    assert [each["row"] for each in [*first, *rest]] == [5, 4, 3, 2, 1]
    assert (await http.get(PATH)).json()["kept"] == 5


async def test_an_erased_user_is_in_no_letter(http: httpx2.AsyncClient) -> None:
    await imported(http, *BAD)
    await http.delete("/users/7")
    assert {each["user_id"] for each in await letters(http)} == {None, "8"}


async def test_the_metrics_count_them(http: httpx2.AsyncClient) -> None:
    await imported(http, *BAD)
    await http.post(PATH, json={"digest": DIGEST, "rows": [{"row": 1, "reason": "not_utf8"}]})
    page = (await http.get("/metrics")).text
    assert 'tandem_dead_letters_total{source="request"} 5.0' in page
    assert 'tandem_dead_letters_total{source="file"} 1.0' in page


async def test_what_may_still_come_in_leaves_none(
    fake_server: fakeredis.FakeServer, http: httpx2.AsyncClient
) -> None:
    fake_server.connected = False
    answer = await imported(http, EVENT | {"timestamp": START_MS})
    assert answer.json()["results"][0]["problem"]["status"] == 503
    fake_server.connected = True
    assert await letters(http) == []


async def test_an_import_goes_on_where_letters_cannot_be_kept(
    fake_server: fakeredis.FakeServer, http: httpx2.AsyncClient
) -> None:
    fake_server.connected = False
    answer = await imported(http, *BAD)
    assert (answer.status_code, answer.json()["rejected"]) == (200, 5)
