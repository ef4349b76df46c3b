"""Callers who may not, by the numbers of the list of bad inputs, and a store that cannot answer."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

import fakeredis
import httpx2
import jwt
import pytest

from tests.asgi import http_client
from tests.clock import START_MS
from tests.web.conftest import StartApp

SECRET = "a secret of sixty-four bytes, which is also enough for HS512 tokens"
NOW_S = START_MS // 1_000
KEYS = {
    "write_keys": ("write-key-0123456789",),
    "server_keys": ("server-key-0123456789",),
    "admin_keys": ("admin-key-0123456789",),
}
EVENT = {"user_id": "7", "item_id": "tent", "type": "view"}
CLAIMS = {"sub": "7", "aud": "tandem", "exp": NOW_S + 60}


@dataclass(frozen=True, slots=True)
class Caller:
    """How somebody calls, and the refusal that they must get."""

    status: int
    code: str
    headers: dict[str, str] = field(default_factory=dict)
    path: str = "/users/7"
    method: str = "GET"


def bearer(
    token: str, status: int, code: str, path: str = "/realtime-recommend?user_id=7"
) -> Caller:
    return Caller(status, code, {"authorization": f"Bearer {token}"}, path)


def signed(secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    """A good token, but for these; a claim of None is left out."""
    kept = {name: value for name, value in (CLAIMS | claims).items() if value is not None}
    return jwt.encode(kept, secret, algorithm=algorithm)


def unsigned(algorithm: str) -> str:
    """A token whose signature is nothing."""
    parts = (json.dumps(part).encode() for part in ({"alg": algorithm, "typ": "JWT"}, CLAIMS))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


CALLERS = {
    "19 no key": Caller(401, "missing_key"),
    "19 an empty key": Caller(401, "invalid_key", {"x-api-key": ""}),
    "19 a wrong key": Caller(401, "invalid_key", {"x-api-key": "admin-key-0123456780"}),
    "19 half a key": Caller(401, "invalid_key", {"x-api-key": "admin-key-01234567"}),
    "19 a key in capitals": Caller(401, "invalid_key", {"x-api-key": "ADMIN-KEY-0123456789"}),
    "19 two keys at once": Caller(
        401, "invalid_key", {"x-api-key": "admin-key-0123456789,server-key-0123456789"}
    ),
    "19 a key as a password": Caller(401, "missing_key", {"authorization": "Basic YWRtaW46YQ=="}),
    "19 a key in the query": Caller(401, "missing_key", path="/users/7?key=admin-key-0123456789"),
    "19 a key in a cookie": Caller(401, "missing_key", {"cookie": "key=admin-key-0123456789"}),
    "19 a write key for a user": Caller(
        403, "key_not_allowed", {"x-api-key": "write-key-0123456789"}
    ),
    "19 a write key for all": Caller(
        403, "key_not_allowed", {"x-api-key": "write-key-0123456789"}, "/admin/rules"
    ),
    "19 a server key for all": Caller(
        403, "key_not_allowed", {"x-api-key": "server-key-0123456789"}, "/admin/rules"
    ),
    "19 a server key that erases": Caller(
        403, "key_not_allowed", {"x-api-key": "server-key-0123456789"}, method="DELETE"
    ),
    "19 a key from a page elsewhere": Caller(
        403,
        "origin_not_allowed",
        {"x-api-key": "admin-key-0123456789", "origin": "https://evil.example"},
    ),
    "20 a token that has expired": bearer(signed(exp=NOW_S - 31), 401, "token_expired"),
    "20 a token without a signature": bearer(unsigned("none"), 401, "token_invalid"),
    "20 the same, written otherwise": bearer(unsigned("nOnE"), 401, "token_invalid"),
    "20 a signature left away": bearer(unsigned("HS256"), 401, "token_invalid"),
    "20 a token by another algorithm": bearer(signed(algorithm="HS512"), 401, "token_invalid"),
    "20 a token by another secret": bearer(signed("x" * 32), 401, "token_invalid"),
    "20 a token for somebody else's service": bearer(signed(aud="other"), 401, "token_invalid"),
    "20 a token for nobody's service": bearer(signed(aud=None), 401, "token_invalid"),
    "20 a token that never expires": bearer(signed(exp=None), 401, "token_invalid"),
    "20 a token of no user": bearer(signed(sub=None), 401, "token_invalid"),
    "20 a token of a user who is none": bearer(signed(sub="a:b"), 401, "token_invalid"),
    "20 a token that expires in words": bearer(signed(exp="never"), 401, "token_invalid"),
    "20 a token that holds later": bearer(signed(nbf=NOW_S + 60), 401, "token_invalid"),
    "20 three words with dots": bearer("a.b.c", 401, "token_invalid"),
    "20 another user's token": bearer(signed(sub="8"), 403, "wrong_user"),
    "20 a token where a key is asked for": bearer(signed(), 403, "key_not_allowed", "/admin/rules"),
}


@pytest.mark.parametrize("caller", CALLERS.values(), ids=CALLERS.keys())
async def test_who_may_not_is_told_so(caller: Caller, start_app: StartApp) -> None:
    async with http_client(await start_app(**KEYS, token_secret=SECRET)) as http:
        answer = await http.request(caller.method, caller.path, headers=caller.headers)
    assert (answer.status_code, answer.json()["code"]) == (caller.status, caller.code)
    assert ("www-authenticate" in answer.headers) == (caller.status == 401)
    assert "key-0123" not in answer.text


async def test_24_a_flood_of_one_user_is_refused_with_the_time_to_wait(start_app: StartApp) -> None:
    async with http_client(await start_app(max_events_per_user_per_day=10)) as http:
        answers = [await http.post("/event", json=EVENT) for _ in range(12)]
    assert [answer.status_code for answer in answers] == [202] * 10 + [429] * 2
    assert answers[-1].json()["code"] == "too_many_events"
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_25_a_store_that_is_away_is_said_with_the_time_to_wait(
    http: httpx2.AsyncClient, fake_server: fakeredis.FakeServer
) -> None:
    fake_server.connected = False
    for answer in (await http.post("/event", json=EVENT), await http.get("/items/tent")):
        assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
        assert int(answer.headers["retry-after"]) > 0
