"""Every bad input gets its own error, and nothing of it reaches Redis."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from redis.asyncio import Redis

from tests.clock import START_MS, Clock
from tests.web.conftest import Serve
from web.json_input import BODY_LIMIT

JSON = {"content-type": "application/json"}
GOOD = {"user_id": "7", "item_id": "tent", "type": "view"}
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Row:
    """A request and the problem that it must get."""

    body: bytes
    status: int
    code: str
    path: str = "/event"
    headers: tuple[tuple[str, str], ...] = tuple(JSON.items())


def event(**fields: Any) -> bytes:
    return json.dumps(GOOD | fields).encode()


def raw(field: str, text: str) -> bytes:
    """A good event with one more field, its value written as given."""
    return event()[:-1] + f', "{field}": {text}}}'.encode()


def with_id(field: str, value: str) -> bytes:
    return json.dumps(GOOD | {field: value}).encode()


def question(text: str) -> Row:
    return Row(
        f'{{"user_id": "7", "limit": {text}}}'.encode(), 422, "out_of_range", "/realtime-recommend"
    )


ROWS = {
    "1 lone surrogate in an id": Row(raw("event_id", r'"\ud800"'), 422, "invalid_unicode"),
    "1 lone surrogate in a property": Row(
        raw("properties", r'{"colour": "\udfff"}'), 422, "invalid_unicode"
    ),
    "1 lone surrogate in a key": Row(raw("properties", r'{"\ud800": 1}'), 422, "invalid_unicode"),
    "1 lone surrogate in an unknown field": Row(raw("x", r'"a\ud800b"'), 422, "invalid_unicode"),
    "2 NaN": Row(raw("value", "NaN"), 400, "invalid_json"),
    "2 Infinity": Row(raw("value", "Infinity"), 400, "invalid_json"),
    "2 -Infinity": Row(raw("value", "-Infinity"), 400, "invalid_json"),
    "3 1e999": Row(raw("value", "1e999"), 422, "number_out_of_range"),
    "3 -1e999 as a property": Row(raw("properties", '{"a": -1e999}'), 422, "number_out_of_range"),
    "4 2^63": Row(raw("timestamp", str(2**63)), 422, "number_out_of_range"),
    "4 2^53": Row(raw("timestamp", str(2**53)), 422, "number_out_of_range"),
    "4 5,000 digits": Row(raw("quantity", "9" * 5_000), 422, "number_out_of_range"),
    "4 2^63 in the place of a word": Row(raw("event_id", str(2**63)), 422, "number_out_of_range"),
    "5 100,000 nested arrays": Row(b"[" * 100_000 + b"]" * 100_000, 400, "json_too_deep"),
    "5 5,000 nested objects": Row(b'{"a":' * 5_000 + b"1" + b"}" * 5_000, 400, "json_too_deep"),
    "5 9 levels": Row(raw("properties", "[" * 8 + "]" * 8), 400, "json_too_deep"),
    "6 a body over 256 KiB": Row(event(x="a" * BODY_LIMIT), 413, "body_too_large"),
    "7 a compressed body": Row(
        b"\x1f\x8b",
        415,
        "encoding_not_supported",
        headers=(*JSON.items(), ("content-encoding", "gzip")),
    ),
    "8 a key given twice": Row(raw("type", '"purchase"'), 400, "duplicate_key"),
    "8 a key given twice, deeper": Row(raw("properties", '{"a": 1, "a": 2}'), 400, "duplicate_key"),
    "9 an unknown field": Row(event(is_admin=True), 422, "unknown_field"),
    "10 a boolean for a number": Row(event(value=True), 422, "wrong_type"),
    "10 a string for a number": Row(event(value="1"), 422, "wrong_type"),
    "10 a number for an id": Row(event(user_id=7), 422, "wrong_type"),
    "11 NUL in an id": Row(raw("event_id", r'"a\u0000"'), 422, "invalid_id"),
    "11 CR LF in an id": Row(raw("event_id", r'"a\r\nb"'), 422, "invalid_id"),
    "11 a line feed behind an id": Row(raw("event_id", r'"a\n"'), 422, "invalid_id"),
    "11 a bidirectional override in an id": Row(with_id("item_id", "a\u202eb"), 422, "invalid_id"),
    "11 nothing visible in an id": Row(with_id("item_id", "a\u200b"), 422, "invalid_id"),
    "12 a colon in an id": Row(with_id("user_id", "a:b"), 422, "invalid_id"),
    "12 a brace in an id": Row(with_id("user_id", "{1}"), 422, "invalid_id"),
    "12 a star in an id": Row(with_id("item_id", "a*"), 422, "invalid_id"),
    "12 an empty id": Row(with_id("item_id", ""), 422, "invalid_id"),
    "12 an id of 129 characters": Row(with_id("item_id", "a" * 129), 422, "invalid_id"),
    "12 an id of 5 MB": Row(with_id("item_id", "a" * 5_000_000), 413, "body_too_large"),
    "13 UTF-16": Row(event().decode().encode("utf-16"), 400, "not_utf8"),
    "13 UTF-16 without its mark": Row(event().decode().encode("utf-16-le"), 400, "not_utf8"),
    "13 a byte order mark": Row(b"\xef\xbb\xbf" + event(), 400, "not_utf8"),
    "13 a broken character": Row(b'{"a": "\xff"}', 400, "not_utf8"),
    "13 a surrogate written in UTF-8": Row(b'{"a": "\xed\xa0\x80"}', 400, "not_utf8"),
    "14 a form": Row(
        b"user_id=7",
        415,
        "content_type",
        headers=(("content-type", "application/x-www-form-urlencoded"),),
    ),
    "14 no content type": Row(event(), 415, "content_type", headers=()),
    "14 another charset": Row(
        event(),
        415,
        "content_type",
        headers=(("content-type", "application/json; charset=latin-1"),),
    ),
    "15 limit -1": question("-1"),
    "15 limit 0": question("0"),
    "15 limit 101": question("101"),
    "15 limit 1e9": question("1e9"),
    "15 limit x": question('"x"'),
    "15 limit true": question("true"),
    "16 six minutes ahead": Row(event(timestamp=START_MS + 360_000), 422, "event_too_new"),
    "16 25 hours old": Row(event(timestamp=START_MS - 25 * HOUR_MS), 422, "event_too_old"),
    "16 seconds for milliseconds": Row(event(timestamp=START_MS // 1_000), 422, "time_in_seconds"),
    "an unknown type": Row(event(type="levitate"), 422, "unknown_type"),
    "no body": Row(b"", 400, "invalid_json"),
    "half a body": Row(event()[:-1], 400, "invalid_json"),
    "two bodies": Row(event() + event(), 400, "invalid_json"),
    "not an object": Row(b"[]", 422, "wrong_type"),
    "null": Row(b"null", 422, "wrong_type"),
    "a field missing": Row(b'{"user_id": "7", "type": "view"}', 422, "missing_field"),
    "a raw control character": Row(b'{"user_id": "\n"}', 400, "invalid_json"),
    "too many properties": Row(
        event(properties={f"p{n}": n for n in range(21)}), 422, "wrong_length"
    ),
    "a property of a property": Row(event(properties={"a": {"b": 1}}), 422, "wrong_type"),
    "18 a batch over 1 MiB": Row(b"[" + b" " * 1_048_576 + b"]", 413, "body_too_large", "/events"),
    "18 1,001 events": Row(
        b"[" + b",".join([event()] * 1_001) + b"]", 413, "batch_too_large", "/events"
    ),
    "a batch that is no array": Row(event(), 422, "wrong_type", "/events"),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
async def test_a_bad_input_gets_its_error_and_changes_nothing(
    row: Row, http: httpx2.AsyncClient, redis: Redis
) -> None:
    before = await _all_of(redis)
    answer = await http.post(row.path, content=row.body, headers=dict(row.headers))
    assert (answer.status_code, answer.json()["code"]) == (row.status, row.code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert await _all_of(redis) == before


@pytest.mark.parametrize("limit", ["-1", "0", "101", "1e9", "x", "", "1.5"])
@pytest.mark.parametrize("path", ["/realtime-recommend?user_id=7&", "/trending?", "/similar/tent?"])
async def test_a_limit_in_the_query_is_out_of_range(
    path: str, limit: str, http: httpx2.AsyncClient
) -> None:
    answer = await http.get(f"{path}limit={limit}")
    assert (answer.status_code, answer.json()["code"]) == (422, "out_of_range")
    assert answer.json()["field"] == "limit"


async def test_an_event_id_cannot_be_used_for_other_content(
    http: httpx2.AsyncClient, redis: Redis
) -> None:
    await http.post("/event", json=GOOD | {"event_id": "e-1"})
    before = await _all_of(redis)
    answer = await http.post("/event", json=GOOD | {"event_id": "e-1", "type": "purchase"})
    assert (answer.status_code, answer.json()["code"]) == (409, "event_id_reused")
    assert await _all_of(redis) == before


async def test_a_body_without_a_length_is_counted_as_it_comes(http: httpx2.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100 * BODY_LIMIT:
            sent += 65_536
            yield b" " * 65_536

    answer = await http.post("/event", content=endless(), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert answer.headers["connection"] == "close"
    assert sent < 2 * BODY_LIMIT


async def test_no_answer_repeats_what_was_sent(http: httpx2.AsyncClient) -> None:
    secret = "hunter2 <script>"
    bodies = [GOOD | {"item_id": secret}, GOOD | {secret: 1}, GOOD | {"type": secret}]
    for body in bodies:
        answer = await http.post("/event", json=body)
        assert answer.status_code == 422
        assert "hunter2" not in answer.text


async def test_all_wrong_fields_are_named(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/event", json={"user_id": "a b", "item_id": "tent", "type": 1})
    errors = {error["field"]: error["code"] for error in answer.json()["errors"]}
    assert errors == {"user_id": "invalid_id", "type": "wrong_type"}


async def test_the_edge_of_what_is_accepted_is_accepted(
    http: httpx2.AsyncClient, clock: Clock
) -> None:
    for at_ms in (clock.now_ms + 300_000, clock.now_ms - 24 * HOUR_MS):
        answer = await http.post("/event", json=GOOD | {"timestamp": at_ms})
        assert answer.status_code == 202
    answer = await http.post("/event", json=GOOD | {"item_id": "A" + "9._~@-" * 21 + "b"})
    assert answer.status_code == 202


async def _all_of(redis: Redis) -> dict[str, Any]:
    """Everything in Redis, by key."""
    return {str(key): await redis.dump(key) for key in await redis.keys("*")}


async def test_a_sender_without_end_is_cut_off(serve: Serve) -> None:
    _, url = await serve()
    _, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    head = "POST /event HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    writer.write(f"{head}transfer-encoding: chunked\r\n\r\n".encode())
    assert await _bytes_taken(writer) < 20_000_000


async def _bytes_taken(writer: asyncio.StreamWriter) -> int:
    """Sends 300 MB, or as much as the server takes before it hangs up."""
    sent = 0
    try:
        while sent < 300_000_000:
            writer.write(b"10000\r\n" + b" " * 65_536 + b"\r\n")
            await writer.drain()
            sent += 65_536
    except ConnectionError:
        writer.close()
    return sent
