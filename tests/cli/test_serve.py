"""`tandem serve` says where it is, keeps strangers out, and leaves nothing running behind."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import httpx2
import pytest
from redis import Redis

from store.reachability import state_of
from tests.cli.conftest import Run
from tests.cli.serving import (
    Service,
    answers,
    serving,
    wait_until_ready,
    without_redis_server,
)
from web.cli.fleet import Fleet
from web.cli.serve import DRAIN_TIMEOUT_S

PATIENCE_S = 20.0


def until(condition: Callable[[], bool]) -> bool:
    """Waits for what another process does; whether it did."""
    deadline = monotonic() + PATIENCE_S
    while not condition() and monotonic() < deadline:
        sleep(0.05)
    return condition()


def redis_url(service: Service) -> str:
    noted = json.loads((service.folder / "data" / "redis.json").read_text())
    return str(noted["url"])


def log_of(service: Service) -> str:
    return (service.folder / "errors.log").read_text()


def record(url: str) -> bool:
    event = {"user_id": "u", "item_id": "i", "type": "view", "event_id": "e"}
    answer = httpx2.post(f"{url}/event", json=event)
    return bool(answer.json()["duplicate"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_without_redis_it_serves_over_the_toy_store_and_ends_cleanly(
    tmp_path: Path, number: int
) -> None:
    with serving(tmp_path, PATH=without_redis_server(tmp_path)) as service:
        assert record(service.url) is False
        assert record(service.url) is True
        said = service.end(number)
    assert f"http://127.0.0.1:{service.port}" in said
    assert "embedded toy store: one process, nothing survives" in said
    assert "No keys are configured" not in said
    assert "No keys are configured" in (tmp_path / "errors.log").read_text()
    assert service.process.returncode == 0
    assert not (tmp_path / "data" / "redis.json").exists()


@pytest.mark.real_redis
def test_a_private_redis_is_ended_and_keeps_what_was_recorded(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        url = redis_url(service)
        assert record(service.url) is False
        assert "private: data in" in service.end(signal.SIGINT)
    assert service.process.returncode == 0
    assert state_of(url) == "absent"
    with serving(tmp_path) as service:
        assert record(service.url) is True


def test_a_second_ctrl_c_waits_for_no_request(tmp_path: Path) -> None:
    with (
        serving(tmp_path, PATH=without_redis_server(tmp_path)) as service,
        socket.create_connection(("127.0.0.1", service.port)) as client,
    ):
        head = f"POST /event HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\nContent-Length: 9"
        client.sendall(f"{head}\r\nContent-Type: application/json\r\n\r\n{{".encode())
        service.process.send_signal(signal.SIGINT)
        assert until(lambda: "Waiting for connections to close" in log_of(service))
        service.process.send_signal(signal.SIGINT)
        # Well before the server would have given the request up.
        service.process.wait(DRAIN_TIMEOUT_S / 2)
    assert not (tmp_path / "data" / "redis.json").exists()


@pytest.mark.real_redis
def test_several_workers_share_one_redis_and_end_with_their_parent(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2") as service:
        second = f"http://127.0.0.1:{service.port + 1}"
        wait_until_ready(service, second)
        assert record(service.url) is False
        assert record(second) is True
        assert f"to :{service.port + 1}" in service.end()
        assert not answers(service.url)
        assert not answers(second)
    assert service.process.returncode == 0


@pytest.mark.real_redis
def test_workers_of_a_killed_parent_end_too(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2") as service:
        second = f"http://127.0.0.1:{service.port + 1}"
        wait_until_ready(service, second)
        pid = json.loads((tmp_path / "data" / "redis.json").read_text())["pid"]
        service.end(signal.SIGKILL)
        assert until(lambda: not answers(service.url) and not answers(second))
        os.kill(pid, signal.SIGTERM)


def test_strangers_are_refused_without_keys(tandem: Run) -> None:
    result = tandem("serve", "--host", "0.0.0.0")
    assert result.exit_code == 1
    assert "keys: none, but 0.0.0.0 is open to others." in result.stderr
    assert "TANDEM_ADMIN_KEYS" in result.stderr


def test_a_port_in_use_is_a_clear_error(
    tandem: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", without_redis_server(tmp_path))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = tandem("serve", "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 1
    assert "Address already in use. Choose another with --port." in result.stderr


def test_a_wrong_setting_is_named(tandem: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_PARTITIONS", "0")
    result = tandem("serve")
    assert result.exit_code == 1
    assert "TANDEM_PARTITIONS: Input should be greater than or equal to 1" in result.stderr


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TANDEM_TOKEN_SECRET", "short", "TANDEM_TOKEN_SECRET: too short."),
        ("TANDEM_REDIS_URL", "nonsense", "TANDEM_REDIS_URL must begin with redis://"),
        ("TANDEM_REDIS_URL", "redis://127.0.0.1:1/0", "Redis: no answer (storage_unavailable)."),
    ],
)
def test_what_would_fail_later_is_said_at_once(
    tandem: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    result = tandem("serve")
    assert result.exit_code == 1
    assert said in result.stderr


@pytest.mark.real_redis
def test_a_database_of_other_partitions_is_refused(
    tandem: Run, real_redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Redis.from_url(real_redis_url) as redis:
        facts = {"schema": "1", "partitions": "4", "generation_ms": str(14 * 86_400_000)}
        redis.hset("tandem:meta", mapping=facts)
    monkeypatch.setenv("TANDEM_REDIS_URL", real_redis_url)
    result = tandem("serve")
    assert result.exit_code == 1
    assert "Set TANDEM_PARTITIONS=4: it cannot change." in result.stderr


def test_ports_beyond_the_last_are_refused(
    tandem: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", without_redis_server(tmp_path))
    result = tandem("serve", "--port", "65535", "--workers", "2")
    assert result.exit_code == 1
    assert "no 2 ports from 65535 on" in result.stderr


def test_a_fleet_reports_workers_that_end(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        fleet = Fleet("127.0.0.1", range(port, port + 1), "redis://127.0.0.1:1/0")
        with fleet.running():
            fleet.wait()
    assert f"The worker of port {port} has ended (1)." in capfd.readouterr().err


def test_the_module_runs_as_a_program() -> None:
    command = [sys.executable, "-m", "web.cli", "--help"]
    assert "serve" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
