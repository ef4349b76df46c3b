"""What a Redis server must be to hold real data."""

from dataclasses import replace
from typing import Any, Literal

import pytest

from service.check import Check
from service.server_checks import check_server
from service.settings import Settings
from store.server_facts import ServerFacts

SOUND = {
    "maxmemory": "0",
    "maxmemory-policy": "noeviction",
    "appendonly": "yes",
    "appendfsync": "always",
}


def server(own: Settings | None = None, **changes: Any) -> dict[str, Check]:
    facts = ServerFacts(
        version="7.2.11", settings=SOUND, time_ms=1_000_000, scripts_problem=None, meta={}
    )
    checks = check_server(replace(facts, **changes), own or Settings(), 1_000_000)
    return {check.name: check for check in checks}


def test_a_sound_server_is_ok() -> None:
    assert {check.level for check in server().values()} == {"ok"}


UNSAFE = [
    ({"maxmemory-policy": "allkeys-lru"}, "maxmemory-policy"),
    ({"appendonly": "no"}, "appendonly"),
    ({"appendfsync": "everysec"}, "appendfsync"),
    ({"appendfsync": "no"}, "appendfsync"),
]


@pytest.mark.parametrize(("held", "name"), UNSAFE)
def test_what_may_lose_data_fails(held: dict[str, str], name: str) -> None:
    check = server(settings=SOUND | held)[name]
    assert check.level == "fail"
    assert "TANDEM_INSECURE=1" in check.advice


@pytest.mark.parametrize(("held", "name"), UNSAFE)
def test_an_operator_who_knows_it_is_only_warned(held: dict[str, str], name: str) -> None:
    check = server(Settings(insecure=True), settings=SOUND | held)[name]
    assert check.level == "warn"
    assert check.advice
    assert "TANDEM_INSECURE" not in check.advice


@pytest.mark.parametrize(
    ("durability", "held", "level"),
    [
        ("everysec", {}, "ok"),
        ("everysec", {"appendfsync": "everysec"}, "ok"),
        ("everysec", {"appendfsync": "no"}, "fail"),
        ("everysec", {"appendonly": "no"}, "fail"),
        ("none", {"appendfsync": "no"}, "ok"),
        ("none", {"appendonly": "no"}, "ok"),
    ],
)
def test_a_server_keeps_at_least_what_is_promised(
    durability: Literal["everysec", "none"], held: dict[str, str], level: str
) -> None:
    checks = server(Settings(durability=durability), settings=SOUND | held)
    found = [check.level for name, check in checks.items() if name.startswith("append")]
    assert found == [level]


@pytest.mark.parametrize(
    ("version", "level"),
    [
        ("6.0.16", "fail"),
        ("6.2.19", "warn"),
        ("6.2.20", "ok"),
        ("7.0.15", "warn"),
        ("7.2.10", "warn"),
        ("7.2.11", "ok"),
        ("7.4.6", "ok"),
        ("8.0.3", "warn"),
        ("8.2.2", "ok"),
        ("8.4.0", "ok"),
        ("9.0.0", "ok"),
        (None, "warn"),
    ],
)
def test_a_version_with_holes_in_its_lua_is_named(version: str | None, level: str) -> None:
    assert server(version=version)["Redis"].level == level


@pytest.mark.parametrize(
    ("change", "name", "level"),
    [
        ({"scripts_problem": "NOPERM"}, "scripts", "fail"),
        ({"time_ms": 1_003_000}, "clock", "warn"),
        ({"time_ms": 600_000}, "clock", "fail"),
        ({"time_ms": None}, "clock", "warn"),
        ({"settings": {}}, "maxmemory-policy", "warn"),
        ({"settings": {}}, "appendonly", "warn"),
        ({"settings": {"appendonly": "yes"}}, "appendfsync", "warn"),
        ({"settings": {"appendonly": "no"}}, "appendonly", "fail"),
    ],
)
def test_what_else_is_wrong_is_named(change: dict[str, Any], name: str, level: str) -> None:
    assert server(**change)[name].level == level
