"""Who can reach the service and its Redis from elsewhere."""

from typing import Any

import pytest

from service.check import Check
from service.exposure import check_callers, check_redis_reach, leaves_machine
from service.settings import Settings
from store.server_facts import without_login

KEY = "k" * 16
ELSEWHERE = "rediss://tandem:secret@redis.example:6380/0"


def configured(**changes: Any) -> dict[str, Check]:
    return {check.name: check for check in check_callers(Settings(**changes))}


def reach(url: str, *, takes_strangers: bool = False, **changes: Any) -> dict[str, str]:
    checks = check_redis_reach(Settings(**changes), url, takes_strangers=takes_strangers)
    return {check.name: check.level for check in checks}


def test_an_open_service_without_keys_fails() -> None:
    assert configured(host="0.0.0.0")["keys"].level == "fail"
    assert configured(host="127.0.0.1")["keys"].level == "warn"
    assert configured(host="0.0.0.0", admin_keys=(KEY,))["keys"].level == "ok"


def test_an_open_demo_is_never_quite_right() -> None:
    assert configured(demo_open=True)["TANDEM_DEMO_OPEN"].level == "warn"


def test_a_short_secret_fails() -> None:
    assert configured(token_secret="x" * 31)["TANDEM_TOKEN_SECRET"].level == "fail"
    assert "TANDEM_TOKEN_SECRET" not in configured(token_secret="x" * 32)


def test_a_secret_is_measured_in_bytes_as_the_tokens_measure_it() -> None:
    assert "TANDEM_TOKEN_SECRET" not in configured(token_secret="\u00fc" * 16)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "localhost"])
def test_an_address_of_this_machine_alone_is_open_to_nobody_else(host: str) -> None:
    assert configured(host=host)["keys"].level == "warn"


def test_an_open_demo_with_keys_fails_where_others_reach_it() -> None:
    keyed = {"demo_open": True, "admin_keys": (KEY,)}
    assert configured(**keyed)["TANDEM_DEMO_OPEN"].level == "warn"
    assert configured(**keyed, host="0.0.0.0")["TANDEM_DEMO_OPEN"].level == "fail"
    told = configured(**keyed, host="0.0.0.0", insecure=True)["TANDEM_DEMO_OPEN"]
    assert told.level == "warn"


def test_an_old_secret_must_be_as_long() -> None:
    short = configured(token_secret="x" * 32, token_secret_old="x" * 31)
    assert short["TANDEM_TOKEN_SECRET_OLD"].level == "fail"
    assert "TANDEM_TOKEN_SECRET" not in short


@pytest.mark.parametrize(
    ("origin", "level"),
    [
        ("*", "fail"),
        ("https://shop.example/", "warn"),
        ("https://shop.example/page", "warn"),
        ("shop.example", "warn"),
        ("http://[", "warn"),
    ],
)
def test_an_origin_that_is_none_is_named(origin: str, level: str) -> None:
    assert configured(origins=(origin,))["TANDEM_ORIGINS"].level == level


def test_an_origin_is_scheme_and_host() -> None:
    assert "TANDEM_ORIGINS" not in configured(origins=("https://shop.example:8443",))


@pytest.mark.parametrize(
    "url",
    ["redis://127.0.0.1:6379/0", "redis://localhost", "redis://[::1]:6379", "unix:///run/redis"],
)
def test_a_redis_on_this_machine_is_reached_over_no_network(url: str) -> None:
    assert not leaves_machine(url)


def test_a_redis_elsewhere_wants_a_password_and_a_certificate() -> None:
    assert leaves_machine(ELSEWHERE)
    assert reach(ELSEWHERE) == {"Redis link": "ok", "Redis login": "ok"}
    assert reach("redis://redis.example:6379")["Redis link"] == "fail"
    assert reach(f"{ELSEWHERE}?ssl_cert_reqs=none")["Redis link"] == "fail"
    assert reach(ELSEWHERE, takes_strangers=True)["Redis login"] == "fail"


def test_an_operator_who_knows_it_is_only_warned() -> None:
    found = reach("redis://redis.example:6379", takes_strangers=True, insecure=True)
    assert found == {"Redis link": "warn", "Redis login": "warn"}


@pytest.mark.parametrize(
    "url",
    [ELSEWHERE, "rediss://redis.example:6380/0?username=tandem&password=secret"],
)
def test_a_stranger_calls_without_a_name(url: str) -> None:
    assert without_login(url) == "rediss://redis.example:6380/0"
