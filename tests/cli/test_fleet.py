"""`tandem serve --workers`: all or none start, the dead are replaced, and none is left behind."""

import json
import os
import signal
import socket
from pathlib import Path

import httpx2
import pytest

from service.private_redis import is_running
from store.embedded import embedded_redis
from tests.cli.conftest import Run
from tests.cli.serving import (
    answers,
    record,
    request_without_end,
    serving,
    two_free_ports,
    until,
    wait_until_ready,
    without_redis_server,
)
from web.cli.fleet import (
    FIRST_PAUSE_S,
    LONGEST_PAUSE_S,
    STOP_TIMEOUT_S,
    Fleet,
    WorkerDidNotStart,
    next_pause_s,
)


def url_of(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def process_of(port: int) -> int:
    """The worker's process, from the name that it gives itself."""
    name: str = httpx2.get(f"{url_of(port)}/healthz").json()["worker"]
    return int(name.rpartition("-")[2])


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.real_redis
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_several_workers_share_one_redis_and_end_with_their_parent(
    tmp_path: Path, number: int
) -> None:
    with serving(tmp_path, "--workers", "2") as service:
        second = url_of(service.port + 1)
        wait_until_ready(service, second)
        assert record(service.url) is False
        assert record(second) is True
        workers = [process_of(service.port), process_of(service.port + 1)]
        assert f"to {service.port + 1}" in service.end(number)
        assert not any(map(is_running, workers))
    assert service.process.returncode == 0


@pytest.mark.real_redis
def test_workers_of_a_killed_parent_end_too(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2") as service:
        second = url_of(service.port + 1)
        wait_until_ready(service, second)
        pid = json.loads((tmp_path / "data" / "redis.json").read_text())["pid"]
        service.end(signal.SIGKILL)
        assert until(lambda: not answers(service.url) and not answers(second))
        os.kill(pid, signal.SIGTERM)


def test_a_worker_that_is_killed_is_started_again(tmp_path: Path) -> None:
    toy = without_redis_server(tmp_path)
    with serving(tmp_path, "--workers", "2", PATH=toy) as service:
        record(service.url)
        killed, other = service.port + 1, process_of(service.port)
        wait_until_ready(service, url_of(killed))
        os.kill(process_of(killed), signal.SIGKILL)
        assert until(lambda: not answers(url_of(killed)))
        assert until(lambda: answers(url_of(killed)))
        assert record(url_of(killed)) is True
        assert process_of(service.port) == other
    assert f"port {killed} has ended (-9); it is started again in 1 s." in service.log


def test_a_second_ctrl_c_ends_workers_that_still_wait(tmp_path: Path) -> None:
    toy = without_redis_server(tmp_path)
    with serving(tmp_path, "--workers", "2", PATH=toy) as service:
        wait_until_ready(service, url_of(service.port + 1))
        workers = [process_of(service.port), process_of(service.port + 1)]
        with request_without_end(service.port):
            service.process.send_signal(signal.SIGINT)
            assert until(lambda: "Waiting for connections to close" in service.log)
            service.process.send_signal(signal.SIGINT)
            service.process.wait(STOP_TIMEOUT_S / 3)
        assert not any(map(is_running, workers))
    assert not (tmp_path / "data" / "redis.json").exists()


def test_where_one_port_is_taken_no_worker_starts(
    tandem: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", without_redis_server(tmp_path))
    port = two_free_ports()
    with socket.create_server(("127.0.0.1", port + 1)):
        result = tandem("serve", "--port", str(port), "--workers", "2")
    assert result.exit_code == 1
    assert f"Cannot listen on 127.0.0.1, port {port + 1}: Address already in use." in result.stderr
    assert "Tandem" not in result.stdout
    assert is_free(port)


def test_a_worker_that_does_not_start_takes_the_others_with_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    port = two_free_ports()
    with embedded_redis() as url, socket.create_server(("127.0.0.1", port + 1)):
        fleet = Fleet("web.cli", "127.0.0.1", range(port, port + 2), url)
        with pytest.raises(WorkerDidNotStart, match=f"port {port + 1} "), fleet.running():
            pass
    assert f"port {port + 1}: Address already in use" in capfd.readouterr().err
    assert is_free(port)


def test_ports_beyond_the_last_are_refused(
    tandem: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", without_redis_server(tmp_path))
    result = tandem("serve", "--port", "65535", "--workers", "2")
    assert result.exit_code == 1
    assert "no 2 ports from 65535 on" in result.stderr


def test_the_pause_before_a_worker_is_started_again_grows_to_a_limit() -> None:
    pauses = [0.0]
    for _ in range(9):
        pauses.append(next_pause_s(pauses[-1], ran_s=1.0))
    assert pauses[1:5] == [FIRST_PAUSE_S, 2.0, 4.0, 8.0]
    assert pauses[-1] == LONGEST_PAUSE_S


def test_after_a_long_run_the_pause_is_short_again() -> None:
    assert next_pause_s(LONGEST_PAUSE_S, ran_s=LONGEST_PAUSE_S + 1) == FIRST_PAUSE_S
