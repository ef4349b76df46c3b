"""POST /event and POST /events."""

import json
from typing import Any

import httpx2
from redis.asyncio import Redis

from tests.clock import Clock

NDJSON = {"content-type": "application/x-ndjson"}


def event(item: str = "tent", **fields: Any) -> dict[str, Any]:
    return {"user_id": "7", "item_id": item, "type": "view"} | fields


async def test_a_new_event_is_answered_202_and_its_repetition_200(http: httpx2.AsyncClient) -> None:
    first = await http.post("/event", json=event(event_id="e-1"))
    second = await http.post("/event", json=event(event_id="e-1"))
    revision = first.json()["revision"]
    assert first.status_code == 202
    assert first.json() == {"event_id": "e-1", "duplicate": False, "revision": revision}
    assert second.status_code == 200
    assert second.json() == {"event_id": "e-1", "duplicate": True, "revision": revision}


async def test_an_event_without_an_id_is_given_one(http: httpx2.AsyncClient) -> None:
    answers = [(await http.post("/event", json=event())).json() for _ in range(2)]
    assert answers[0]["event_id"] != answers[1]["event_id"]
    assert answers[1]["revision"] == answers[0]["revision"] + 1


async def test_all_fields_are_taken(http: httpx2.AsyncClient, clock: Clock) -> None:
    whole = event(
        type="purchase",
        event_id="e-1",
        timestamp=clock.now_ms - 1_000,
        session_id="s-1",
        order_id="o-1",
        value=12.5,
        quantity=2,
        currency="EUR",
        recommendation_id="rAAAA_b-",
        properties={"colour": "red", "size": 3, "price": 1.5, "gift": True},
    )
    assert (await http.post("/event", json=whole)).status_code == 202


async def test_the_answer_may_hold_fresh_recommendations(http: httpx2.AsyncClient) -> None:
    for user in ("1", "2"):
        for item in ("tent", "stove"):
            await http.post("/event", json=event(item, user_id=user))
    answer = (await http.post("/event?recommend=3", json=event("tent", user_id="3"))).json()
    made = answer["recommendations"]
    assert made["revision"] == answer["revision"]
    assert [item["item_id"] for item in made["items"]] == ["stove"]


async def test_a_query_that_nobody_knows_is_refused(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/event?recomend=3", json=event())
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_field")


async def test_one_bad_event_of_five_hundred_keeps_out_only_itself(
    http: httpx2.AsyncClient,
) -> None:
    batch = [event(f"item-{n}", event_id=f"e-{n}") for n in range(500)]
    batch[250]["item_id"] = "a:b"
    answer = (await http.post("/events", json=batch)).json()
    assert (answer["accepted"], answer["duplicates"], answer["rejected"]) == (499, 0, 1)
    assert len(answer["results"]) == 500
    refused = answer["results"][250]
    assert (refused["event_id"], refused["problem"]["code"]) == ("e-250", "invalid_id")
    assert answer["results"][251]["event_id"] == "e-251"


async def test_a_batch_sent_again_counts_nothing(http: httpx2.AsyncClient) -> None:
    batch = [event(f"item-{n}", event_id=f"e-{n}") for n in range(10)]
    await http.post("/events", json=batch)
    answer = (await http.post("/events", json=batch)).json()
    assert (answer["accepted"], answer["duplicates"], answer["rejected"]) == (0, 10, 0)


async def test_each_kind_of_bad_event_is_named_in_its_place(http: httpx2.AsyncClient) -> None:
    batch = json.dumps([event(event_id="e-1"), 7, event(x=1), event(type="levitate")])
    body = (
        batch[:-1]
        + ', {"user_id": "\\ud800", "item_id": "a", "type": "view"}'
        + (', {"user_id": "1", "item_id": "a", "type": "view", "value": 1e999}]')
    )
    answer = await http.post("/events", content=body, headers={"content-type": "application/json"})
    codes = [result.get("problem", {}).get("code") for result in answer.json()["results"]]
    assert codes == [
        None,
        "wrong_type",
        "unknown_field",
        "unknown_type",
        "invalid_unicode",
        "number_out_of_range",
    ]


async def test_events_may_come_line_by_line(http: httpx2.AsyncClient) -> None:
    lines = [json.dumps(event(event_id="e-1")), "{", "", json.dumps(event(event_id="e-2")), ""]
    answer = await http.post("/events", content="\n".join(lines), headers=NDJSON)
    results = answer.json()["results"]
    assert [result["event_id"] for result in results] == ["e-1", None, "e-2"]
    assert results[1]["problem"]["code"] == "invalid_json"


async def test_an_empty_batch_is_fine(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/events", json=[])
    assert answer.json() == {"accepted": 0, "duplicates": 0, "rejected": 0, "results": []}


async def test_an_import_takes_events_as_of_their_own_time(
    http: httpx2.AsyncClient, redis: Redis, clock: Clock
) -> None:
    old = event(timestamp=clock.now_ms - 5 * 86_400_000)
    late = (await http.post("/events", json=[old])).json()
    assert late["results"][0]["problem"]["code"] == "event_too_old"
    answer = (await http.post("/events?as_of=event", json=[old])).json()
    assert answer["accepted"] == 1
    assert await redis.keys("*session:7*") != []
