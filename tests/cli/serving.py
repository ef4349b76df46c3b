"""A real service in a process of its own."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

DATA = Path(__file__).parents[2].parent / "shared" / "data"
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 40.0
PATIENCE_S = 20.0


@dataclass(slots=True)
class Service:
    """A running `tandem serve` (or `demo`) and what it has said."""

    process: subprocess.Popen[str]
    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "errors.log").read_text()

    def end(self, number: int = signal.SIGTERM) -> str:
        """Ends it by a signal; what it wrote to standard output."""
        self.process.send_signal(number)
        said, _ = self.process.communicate(timeout=STOP_TIMEOUT_S)
        return said


@contextmanager
def serving(
    folder: Path,
    *arguments: str,
    command: Sequence[str] = ("web.cli", "serve"),
    **environment: str,
) -> Iterator[Service]:
    """Starts the service on a free port, with its data in the folder. `command`: module and its first word."""
    port = two_free_ports()
    with (folder / "errors.log").open("a") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", *command, "--port", str(port), *arguments],
            env=clean_environment() | {"TANDEM_DATA_DIR": str(folder / "data")} | environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    service = Service(process, folder, port)
    try:
        wait_until_ready(service, service.url)
        yield service
    finally:
        if process.poll() is None:
            service.end()
        elif process.stdout:
            process.stdout.close()


def two_free_ports() -> int:
    """The first of two free ports side by side, below those that outgoing connections are given."""
    while True:
        port = random.randrange(20_000, 30_000)
        with socket.socket() as first, socket.socket() as second, suppress(OSError):
            first.bind(("127.0.0.1", port))
            second.bind(("127.0.0.1", port + 1))
            return port


def wait_until_ready(service: Service, url: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not answers(url):
        if service.process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(service.log)
        time.sleep(0.05)


def until(condition: Callable[[], bool]) -> bool:
    """Waits for what another process does; whether it did."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/readyz").is_success
    except httpx2.TransportError:
        return False


def record(url: str) -> bool:
    """Sends the same event each time; whether it was there before."""
    event = {"user_id": "u", "item_id": "i", "type": "view", "event_id": "e"}
    answer = httpx2.post(f"{url}/event", json=event)
    return bool(answer.json()["duplicate"])


@contextmanager
def request_without_end(port: int) -> Iterator[None]:
    """A request whose body never comes: who waits for its answer waits long."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        head = f"POST /event HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 9\r\n"
        client.sendall(f"{head}Content-Type: application/json\r\n\r\n{{".encode())
        yield


def clean_environment() -> dict[str, str]:
    """Without anybody's own settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TANDEM_")}


def without_redis_server(folder: Path) -> str:
    """A PATH on which there is no redis-server."""
    (folder / "bin").mkdir(exist_ok=True)
    return str(folder / "bin")


def data_file(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"../shared/data/{name} is not there")
    return path
