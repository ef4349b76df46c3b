"""`tandem inspect` and `tandem doctor` beside a running service: they join its Redis."""

from pathlib import Path

import httpx2
import pytest

from tests.cli.conftest import Run
from tests.cli.serving import Service
from tests.redis_server import running_redis_server


@pytest.fixture
def beside(toy_service: Service, tandem: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Commands in the data folder of a service that has seen one event."""
    event = {"user_id": "ann", "item_id": "tent", "type": "view", "event_id": "e1"}
    httpx2.post(f"{toy_service.url}/event", json=event).raise_for_status()
    monkeypatch.setenv("TANDEM_DATA_DIR", str(toy_service.folder / "data"))
    return tandem


def test_a_user_is_shown_with_the_redis_cli_lines(beside: Run) -> None:
    result = beside("inspect", "user", "ann")
    assert result.exit_code == 0, result.output
    assert "e1|view|tent" in result.stdout
    assert "ZREVRANGE 'tandem:{0}:history:ann' 0 19 WITHSCORES" in result.stdout
    assert "joined beside process" in result.stderr


def test_an_item_is_shown(beside: Run) -> None:
    result = beside("inspect", "item", "tent")
    assert "view pairs" in result.stdout
    assert "redis-cli -u redis://127.0.0.1:" in result.stdout


def test_the_keys_are_shown(beside: Run) -> None:
    result = beside("inspect", "keys")
    assert "{p}:history:USER" in result.stdout
    assert "--scan --pattern 'tandem:*'" in result.stdout


def test_dead_letters_are_shown(beside: Run, toy_service: Service) -> None:
    event = {"user_id": "ann", "item_id": "tent", "type": "view", "timestamp": 0}
    httpx2.post(f"{toy_service.url}/events?as_of=event", json=[event]).raise_for_status()
    result = beside("inspect", "dead-letters", "--limit", "1")
    assert result.exit_code == 0, result.output
    assert "event_too_old" in result.stdout
    assert "XREVRANGE tandem:dead-letters + - COUNT 1" in result.stdout


def test_it_is_said_how_the_names_of_keys_are_read(beside: Run) -> None:
    result = beside("inspect", "keys")
    assert "{p} is the partition of the user" in result.stdout
    assert "{0}" in result.stdout


def test_an_id_stays_whole_in_a_terminal_of_80_columns(
    beside: Run, toy_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "a-tent-whose-id-is-nearly-as-long-as-a-terminal-is-wide-and-then-some"
    event = {"user_id": "ann", "item_id": long, "type": "view", "event_id": "a-long-event-id"}
    httpx2.post(f"{toy_service.url}/event", json=event).raise_for_status()
    monkeypatch.setenv("COLUMNS", "80")
    assert f"a-long-event-id|view|{long}" in beside("inspect", "user", "ann").stdout
    assert f">{long}" in beside("inspect", "item", "tent").stdout


def test_what_is_no_id_is_broken_to_fit_the_terminal(
    beside: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = [line for line in beside("doctor").stdout.splitlines() if line.startswith("│")]
    assert lines
    assert max(map(len, lines)) <= 80


def test_of_nobody_nothing_is_shown(beside: Run) -> None:
    result = beside("inspect", "user", "nobody")
    assert result.exit_code == 1
    assert "Nothing is kept of user nobody." in result.stderr


def test_the_doctor_names_the_redis_once(beside: Run) -> None:
    result = beside("doctor")
    assert (result.stdout + result.stderr).count("Redis: ") == 1


def test_the_doctor_counts_its_warnings(beside: Run) -> None:
    result = beside("doctor")
    assert result.exit_code == 0, result.output
    warnings = result.stdout.count("WARN")
    assert result.stdout.splitlines()[-1] == f"{warnings} warnings."


@pytest.mark.real_redis
def test_the_doctor_finds_nothing_to_mend(
    tandem: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TANDEM_ADMIN_KEYS", "an-admin-key-of-its-own")
    with running_redis_server(tmp_path) as redis:
        monkeypatch.setenv("TANDEM_REDIS_URL", redis.url)
        result = tandem("doctor")
    assert result.exit_code == 0, result.output
    warned = [line for line in result.stdout.splitlines() if "WARN" in line]
    # How old the server is, is the machine's affair.
    assert all(line.split("│")[2].strip() == "Redis" for line in warned)
    assert result.stdout.splitlines()[-1] == ("1 warning." if warned else "Nothing to mend.")


def test_the_doctor_fails_where_something_must_be_mended(
    beside: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TANDEM_PARTITIONS", "7")
    result = beside("doctor")
    assert result.exit_code == 1
    assert "FAIL" in result.stdout
    warnings = result.stdout.count("WARN")
    assert result.stdout.splitlines()[-1] == f"1 to mend, {warnings} warnings."


@pytest.mark.parametrize("command", [("inspect", "user", "ann"), ("doctor",)])
def test_a_redis_that_does_not_answer_is_said(
    tandem: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("TANDEM_REDIS_URL", "redis://127.0.0.1:1/0")
    result = tandem(*command)
    assert result.exit_code == 1
    assert "no answer" in result.stdout or "cannot answer" in result.stderr


@pytest.mark.parametrize("command", [("inspect", "keys"), ("doctor",)])
def test_where_no_store_runs_none_is_started(
    tandem: Run, tmp_path: Path, command: tuple[str, ...]
) -> None:
    result = tandem(*command)
    assert result.exit_code == 2
    assert f"No store is running here: looked in {tmp_path / '.tandem'}." in result.stderr
    assert "TANDEM_DATA_DIR" in result.stderr
    assert "TANDEM_REDIS_URL" in result.stderr
    assert result.stdout == ""
    assert not list(tmp_path.iterdir())
