"""Users' signed tokens."""

import re
from pathlib import Path
from typing import Any

import jwt
import pytest

from service.bootstrap import system_clock
from tests.clock import START_MS, Clock
from web.problems import Unauthorized
from web.tokens import Tokens

README = Path(__file__).parents[2] / "README.md"
SECRET = "a secret of sixty-four bytes, which is also enough for HS512 tokens"
NOW_S = START_MS // 1_000
GOOD = {"sub": "7", "aud": "tandem", "exp": NOW_S + 60}


def signed(claims: dict[str, Any], secret: str = SECRET, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, secret, algorithm=algorithm)


def test_a_token_speaks_for_its_user_until_it_expires(clock: Clock) -> None:
    tokens, token = Tokens((SECRET,), clock), signed(GOOD)
    assert tokens.identity(token).user_id == "7"
    clock.advance(89_999)
    assert tokens.identity(token).user_id == "7"
    clock.advance(1)
    with pytest.raises(Unauthorized) as refused:
        tokens.identity(token)
    assert refused.value.code == "token_expired"


@pytest.mark.parametrize(
    "token",
    [
        signed(GOOD, "another secret of thirty-two bytes..."),
        signed(GOOD, algorithm="HS512"),
        signed(GOOD | {"aud": "other"}),
        signed({"sub": "7", "aud": "tandem"}),
        signed({"sub": "7", "exp": NOW_S + 60}),
        signed({"aud": "tandem", "exp": NOW_S + 60}),
        signed(GOOD | {"sub": "a:b"}),
        signed(GOOD | {"sub": ""}),
        signed(GOOD | {"exp": "soon"}),
        signed(GOOD | {"exp": True}),
        signed(GOOD | {"exp": 1e300}),
        signed(GOOD | {"nbf": NOW_S + 3_600}),
        signed(GOOD | {"nbf": "soon"}),
        signed(GOOD | {"iat": NOW_S + 60}),
        signed(GOOD | {"iat": "now"}),
        signed(GOOD | {"iat": NOW_S, "exp": NOW_S + 3_601}),
        signed(GOOD | {"iat": 0}),
        signed(GOOD | {"exp": NOW_S + 3_631}),
        jwt.encode(GOOD, "", algorithm="none"),
        "a.b.c",
        "",
        signed(GOOD)[:-3],
    ],
)
def test_a_token_that_is_not_ours_is_refused(token: str, clock: Clock) -> None:
    with pytest.raises(Unauthorized) as refused:
        Tokens((SECRET,), clock).identity(token)
    assert refused.value.code == "token_invalid"


@pytest.mark.parametrize("secrets", [(), ("short",), (SECRET, "short")])
def test_a_short_secret_is_refused(secrets: tuple[str, ...], clock: Clock) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Tokens(secrets, clock)


def test_a_token_may_live_as_long_as_the_operator_says(clock: Clock) -> None:
    token = signed(GOOD | {"iat": NOW_S, "exp": NOW_S + 7_200})
    assert Tokens((SECRET,), clock, longest_s=7_200).identity(token).user_id == "7"
    with pytest.raises(Unauthorized, match="longer"):
        Tokens((SECRET,), clock, longest_s=7_199).identity(token)


def test_without_the_time_of_its_making_a_token_may_end_an_hour_from_now(clock: Clock) -> None:
    token = signed(GOOD | {"exp": NOW_S + 3_600})
    assert Tokens((SECRET,), clock).identity(token).user_id == "7"


def test_while_a_secret_is_changed_tokens_of_both_are_taken(clock: Clock) -> None:
    old = "the secret of last year, of 32 bytes"
    by_old = Tokens((old,), clock).make("7", 60)
    both, only_new = Tokens((SECRET, old), clock), Tokens((SECRET,), clock)
    assert both.identity(by_old).user_id == "7"
    assert only_new.identity(both.make("8", 60)).user_id == "8"
    with pytest.raises(Unauthorized):
        only_new.identity(by_old)


def test_a_token_that_is_made_here_holds_what_was_asked(clock: Clock) -> None:
    claims = jwt.decode(
        Tokens((SECRET,), clock).make("7", 60),
        SECRET,
        algorithms=["HS256"],
        options={"verify_aud": False, "verify_exp": False},
    )
    assert claims == {"sub": "7", "aud": "tandem", "iat": NOW_S, "exp": NOW_S + 60}


@pytest.mark.parametrize(("user_id", "life_s"), [("a:b", 60), ("", 60), ("7", 0), ("7", 3_601)])
def test_a_token_that_would_be_refused_is_not_made(user_id: str, life_s: int, clock: Clock) -> None:
    with pytest.raises(ValueError, match=r"user id|lives"):
        Tokens((SECRET,), clock).make(user_id, life_s)


def test_a_token_made_as_the_readme_says_speaks_for_its_user(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TANDEM_TOKEN_SECRET", SECRET)
    (recipe,) = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(recipe, names)
    assert Tokens((SECRET,), system_clock).identity(names["user_token"]("7")).user_id == "7"
