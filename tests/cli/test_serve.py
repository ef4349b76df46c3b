"""`tandem serve` says where it is, keeps strangers out, and leaves nothing running behind."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from redis import Redis

from store.reachability import state_of
from tests.cli.conftest import Run
from tests.cli.serving import record, request_without_end, serving, until, without_redis_server
from tests.redis_server import running_redis_server
from web.cli.serve import DRAIN_TIMEOUT_S


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
    assert "No keys are configured" in service.log
    assert service.process.returncode == 0
    assert not (tmp_path / "data" / "redis.json").exists()


@pytest.mark.real_redis
def test_a_private_redis_is_ended_and_keeps_what_was_recorded(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        url = json.loads((tmp_path / "data" / "redis.json").read_text())["url"]
        assert record(service.url) is False
        assert "private: data in" in service.end(signal.SIGINT)
    assert service.process.returncode == 0
    assert state_of(url) == "absent"
    with serving(tmp_path) as service:
        assert record(service.url) is True


def test_a_second_ctrl_c_waits_for_no_request(tmp_path: Path) -> None:
    with (
        serving(tmp_path, PATH=without_redis_server(tmp_path)) as service,
        request_without_end(service.port),
    ):
        service.process.send_signal(signal.SIGINT)
        assert until(lambda: "Waiting for connections to close" in service.log)
        service.process.send_signal(signal.SIGINT)
        # Well before the server would have given the request up.
        service.process.wait(DRAIN_TIMEOUT_S / 2)
    assert not (tmp_path / "data" / "redis.json").exists()


def test_a_page_that_may_not_connect_is_named_once_with_the_setting_that_lets_it_in(
    tmp_path: Path,
) -> None:
    with serving(tmp_path, PATH=without_redis_server(tmp_path)) as service:
        for _ in range(2):
            assert open_socket(service.url, "https://shop.example").status_code == 403
    (line,) = (line for line in service.log.splitlines() if "shop.example" in line)
    assert "TANDEM_ORIGINS" in line


def test_what_the_socket_library_says_is_said_once(tmp_path: Path) -> None:
    with serving(tmp_path, PATH=without_redis_server(tmp_path)) as service:
        assert open_socket(service.url, service.url, version="3").status_code == 403
    assert service.log.count("unsupported version") == 1


def open_socket(url: str, origin: str, version: str = "4") -> httpx2.Response:
    """A browser's first request for a socket, from a page of that origin."""
    headers = {
        "Origin": origin,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "c2l4dGVlbiBieXRlcyAhIQ==",
    }
    return httpx2.get(f"{url}/socket.io/?EIO={version}&transport=websocket", headers=headers)


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
        ("TANDEM_ORIGINS", "*", "TANDEM_ORIGINS: * lets every page of the web call."),
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
def test_a_redis_that_throws_away_is_refused_unless_the_operator_knows_it(
    tandem: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TANDEM_PARTITIONS", "2")
    with running_redis_server(tmp_path, "--maxmemory-policy", "allkeys-lru") as server:
        with Redis.from_url(server.url) as redis:
            redis.hset("tandem:meta", "partitions", "4")
        monkeypatch.setenv("TANDEM_REDIS_URL", server.url)
        refused = tandem("serve")
        monkeypatch.setenv("TANDEM_INSECURE", "1")
        # What cannot work is refused all the same, so that this ends too.
        warned = tandem("serve")
    assert "maxmemory-policy: allkeys-lru" in refused.stderr
    assert "TANDEM_INSECURE=1 starts it all the same." in refused.stderr
    assert "maxmemory-policy" not in warned.stderr
    assert "partitions: 4, this program has 2." in warned.stderr
    assert (refused.exit_code, warned.exit_code) == (1, 1)


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


def test_the_module_runs_as_a_program() -> None:
    command = [sys.executable, "-m", "web.cli", "--help"]
    assert "serve" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
