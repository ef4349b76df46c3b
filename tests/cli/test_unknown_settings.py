"""A misspelt setting is said at the start, once, however the service is started."""

import logging
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.serving import serving, without_redis_server
from web.app import app_from_environment

SAID = "TANDEM_REDISURL is no setting and changes nothing. Did you mean TANDEM_REDIS_URL?"


@pytest.fixture
def misspelt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_REDISURL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("TANDEM_REQUIRE_REAL", "1")


@pytest.mark.parametrize("command", [("doctor",), ("import", "no-such-file.csv")])
def test_a_command_says_it(tandem: Run, misspelt: None, command: tuple[str, ...]) -> None:
    said = tandem(*command).stderr
    assert f"Warning: {SAID}" in said
    assert "REQUIRE_REAL" not in said


def test_a_server_that_loads_the_app_says_it(
    tandem: Run, misspelt: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        app_from_environment()
    assert caplog.messages == [SAID]


def test_several_workers_say_it_once(tmp_path: Path) -> None:
    toy = without_redis_server(tmp_path)
    with serving(tmp_path, "--workers", "2", PATH=toy, TANDEM_REDISURL="x") as service:
        assert service.log.count(SAID) == 1
