"""Sockets: who gets in, as whom, and for how long."""

from typing import Any

import jwt
import pytest
import socketio

from tests.clock import START_MS
from tests.serving import Browser
from tests.web.conftest import SECRET, Serve, token_of
from tests.web.test_sockets import Browsers, until

KEY = "server-key-0123456789"

NOT_ENOUGH: list[tuple[object, str]] = [
    (None, "missing_token"),
    ({}, "missing_token"),
    ({"user_id": "7"}, "missing_token"),
    ({"token": "a.b.c"}, "token_invalid"),
    ({"token": 7}, "wrong_type"),
    ({"token": "", "admin": True}, "unknown_field"),
    (["7"], "wrong_type"),
]


async def test_with_keys_nobody_gets_in_without_a_token(serve: Serve, browsers: Browsers) -> None:
    app, url = await serve(server_keys=(KEY,), token_secret=SECRET)
    for auth, code in NOT_ENOUGH:
        browser = browsers()
        with pytest.raises(socketio.exceptions.ConnectionError):
            await browser.connect(url, auth)
        refused = await browser.next("connect_error")
        assert (refused["message"], refused["data"]["code"]) == (code, code)
    await until(lambda: len(app.sockets.connections) == 0)


async def refusal(browser: Browser, url: str, auth: object, **options: Any) -> dict[str, Any]:
    """The problem that the client gets for its auth."""
    with pytest.raises(socketio.exceptions.ConnectionError):
        await browser.connect(url, auth, **options)
    problem: dict[str, Any] = (await browser.next("connect_error"))["data"]
    return problem


@pytest.mark.parametrize("auth", [None, {}, {"token": "a.b.c"}])
async def test_without_keys_a_socket_is_told_to_send_a_user_id(
    auth: object, serve: Serve, browsers: Browsers
) -> None:
    _, url = await serve()
    problem = await refusal(browsers(), url, auth)
    assert (problem["status"], problem["code"]) == (401, "missing_user_id")
    assert problem["detail"] == 'Connect with auth: {user_id: "7"}.'


async def test_where_tokens_are_known_a_socket_is_told_of_both(
    serve: Serve, browsers: Browsers
) -> None:
    _, url = await serve(token_secret=SECRET)
    problem = await refusal(browsers(), url, None)
    assert problem["code"] == "missing_user_id"
    assert 'auth: {user_id: "7"} or auth: {token: "..."}' in problem["detail"]


async def test_with_keys_a_user_id_is_told_to_be_too_little(
    serve: Serve, browsers: Browsers
) -> None:
    _, url = await serve(server_keys=(KEY,), token_secret=SECRET)
    problem = await refusal(browsers(), url, {"user_id": "7"})
    assert problem["code"] == "missing_token"
    assert "a user_id alone will not do" in problem["detail"]


@pytest.mark.parametrize("auth", [None, {"user_id": "7"}, {"token": "a.b.c"}])
async def test_where_nothing_would_do_the_operator_is_told_what_is_missing(
    auth: object, serve: Serve, browsers: Browsers
) -> None:
    _, url = await serve(server_keys=(KEY,))
    problem = await refusal(browsers(), url, auth)
    assert (problem["status"], problem["code"]) == (403, "tokens_not_configured")
    assert "TANDEM_TOKEN_SECRET" in problem["detail"]


async def test_without_keys_nobody_names_a_user_through_a_proxy(
    serve: Serve, browsers: Browsers
) -> None:
    _, url = await serve()
    for name in ("X-Forwarded-For", "Via"):
        headers = {name: "127.0.0.1"}
        problem = await refusal(browsers(), url, {"user_id": "7"}, headers=headers)
        assert problem["code"] == "tokens_not_configured"


async def test_a_token_lets_its_user_in_and_no_further(serve: Serve, browsers: Browsers) -> None:
    _, url = await serve(server_keys=(KEY,), token_secret=SECRET)
    browser = browsers()
    await browser.connect(url, {"token": token_of("7"), "user_id": "8"})
    assert (await browser.next("recommendations"))["user_id"] == "7"


async def test_a_socket_is_closed_when_its_token_expires(serve: Serve, browsers: Browsers) -> None:
    app, url = await serve(server_keys=(KEY,), token_secret=SECRET)
    browser = browsers()
    # The 30 s of leeway are nearly used up.
    expires_s = START_MS / 1_000 - 29.9
    claims = {"sub": "7", "aud": "tandem", "exp": expires_s}
    await browser.connect(url, {"token": jwt.encode(claims, SECRET)})
    assert (await browser.next("error"))["code"] == "token_expired"
    await browser.ended.wait()
    await until(lambda: len(app.worker.service.hub) == 0)


@pytest.mark.parametrize(
    ("origin", "origins", "enters"),
    [
        (None, (), True),
        ("http://127.0.0.1:{port}", (), True),
        ("https://evil.example", (), False),
        ("null", (), False),
        ("http://[", (), False),
        ("http://a]b", (), False),
        ("https://shop.example", ("https://shop.example",), True),
        ("https://shop.example.evil.example", ("https://shop.example",), False),
        ("http://shop.example", ("https://shop.example",), False),
    ],
)
async def test_only_pages_of_an_allowed_origin_may_connect(
    origin: str | None, origins: tuple[str, ...], enters: bool, serve: Serve, browsers: Browsers
) -> None:
    _, url = await serve(origins=origins)
    headers = {"Origin": origin.format(port=url.rpartition(":")[2])} if origin else {}
    browser = browsers()
    if enters:
        await browser.connect(url, {"user_id": "7"}, headers=headers)
        assert await browser.next("recommendations")
    else:
        with pytest.raises(socketio.exceptions.ConnectionError):
            await browser.connect(url, {"user_id": "7"}, headers=headers)
