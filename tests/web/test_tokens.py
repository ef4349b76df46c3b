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
    tokens, token = Tokens(SECRET, clock), signed(GOOD)
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
        jwt.encode(GOOD, "", algorithm="none"),
        "a.b.c",
        "",
        signed(GOOD)[:-3],
    ],
)
def test_a_token_that_is_not_ours_is_refused(token: str, clock: Clock) -> None:
    with pytest.raises(Unauthorized) as refused:
        Tokens(SECRET, clock).identity(token)
    assert refused.value.code == "token_invalid"


def test_a_short_secret_is_refused(clock: Clock) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Tokens("short", clock)


def test_a_token_made_as_the_readme_says_speaks_for_its_user(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TANDEM_TOKEN_SECRET", SECRET)
    (recipe,) = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(recipe, names)
    assert Tokens(SECRET, system_clock).identity(names["user_token"]("7")).user_id == "7"
