"""`tandem token` makes what the service takes."""

import pytest

from service.bootstrap import system_clock
from tests.cli.conftest import Run
from web.tokens import LEEWAY_S, Tokens

SECRET = "a secret of thirty-two bytes, or more"


@pytest.fixture
def secret(tandem: Run, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TANDEM_TOKEN_SECRET", SECRET)
    return SECRET


@pytest.mark.parametrize(
    ("options", "life_s"),
    [((), 3_600), (("--ttl", "90"), 90), (("--ttl", "90s"), 90), (("--ttl", "30m"), 1_800)],
)
def test_it_prints_a_token_and_nothing_else(
    options: tuple[str, ...], life_s: int, tandem: Run, secret: str
) -> None:
    before_s = system_clock() // 1_000
    result = tandem("token", "7", *options)
    assert result.exit_code == 0, result.output
    identity = Tokens((secret,), system_clock).identity(result.stdout.removesuffix("\n"))
    assert identity.user_id == "7"
    assert identity.expires_ms is not None
    assert 0 <= identity.expires_ms // 1_000 - before_s - LEEWAY_S - life_s <= 10


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("7", "--ttl", "2h"), "TANDEM_TOKEN_TTL_S"),
        (("7", "--ttl", "soon"), "--ttl is a number of seconds"),
        (("a:b",), "no user id"),
    ],
)
def test_what_the_service_would_refuse_is_not_made(
    arguments: tuple[str, ...], said: str, tandem: Run, secret: str
) -> None:
    result = tandem("token", *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr


def test_the_operator_may_allow_longer_lives(
    tandem: Run, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TANDEM_TOKEN_TTL_S", "7200")
    assert tandem("token", "7", "--ttl", "2h").exit_code == 0


def test_without_a_secret_it_says_what_is_missing(tandem: Run) -> None:
    result = tandem("token", "7")
    assert result.exit_code == 1
    assert "TANDEM_TOKEN_SECRET is not set" in result.stderr
