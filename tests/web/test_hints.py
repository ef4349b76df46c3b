"""A problem says what was probably meant, where, or how it is written."""

from typing import Any

import httpx2
import pytest

JSON = {"content-type": "application/json"}
GOOD = {"user_id": "7", "item_id": "tent", "type": "view"}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (("GET", "/realtime-recommend?user=7"), "Did you mean user_id?"),
        (("GET", "/realtime-recommend?user_id=7&limt=3"), "Did you mean limit?"),
        (("POST", "/event", GOOD | {"sessionid": "s"}), "Did you mean session_id?"),
        (("GET", "/realtime-recommend?user_id=7&page=2"), "There is no field of this name here."),
    ],
)
async def test_of_an_unknown_field_the_nearest_known_one_is_named(
    call: tuple[Any, ...], said: str, http: httpx2.AsyncClient
) -> None:
    method, path, *body = call
    answer = await http.request(method, path, json=body[0] if body else None)
    assert answer.json()["code"] == "unknown_field"
    assert answer.json()["detail"].endswith(said)


async def test_it_is_said_where_a_body_ceases_to_be_json(http: httpx2.AsyncClient) -> None:
    body = b'{"user_id": "7",\n "item_id" "tent"}'
    answer = await http.post("/event", content=body, headers=JSON)
    assert answer.json()["detail"] == "The body is not JSON: see line 2, column 12."


@pytest.mark.parametrize("sent", ["2026-03-02T10:03:00Z", 1.5, True, "1767225600000"])
async def test_of_a_time_that_is_no_number_it_is_said_what_one_is(
    sent: object, http: httpx2.AsyncClient
) -> None:
    rule = {"kind": "block", "tag": "recalled"}
    answers = [await http.post("/event", json=GOOD | {"timestamp": sent})]
    for field in ("starts_at", "ends_at"):
        answers.append(await http.put("/admin/rules", json={"rules": [rule | {field: sent}]}))
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (422, "wrong_type")
        said = "A time is milliseconds since 1970, e.g. 1767225600000."
        assert answer.json()["detail"] == said
