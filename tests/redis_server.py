"""A private redis-server for tests and benchmarks: loopback, durable, in its own folder."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis

from service.private_redis import MEND_AOF

START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 10.0
DURABLE = (
    *("--appendonly", "yes"),
    *("--appendfsync", "always"),
    *("--maxmemory-policy", "noeviction"),
    *("--save", ""),
)


class RedisDidNotStart(Exception):
    """The message holds what redis-server wrote."""


@dataclass(frozen=True, slots=True)
class RedisServer:
    """A running server; starting another on the same folder and port finds its data again."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def log(self) -> str:
        return (self.folder / "redis.log").read_text()

    def flush(self) -> None:
        """Empties every database."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def stop(self) -> None:
        """Ends the server as an operator would; by force if it does not answer."""
        self.process.terminate()
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def running_redis_server(folder: Path, *options: str) -> Iterator[RedisServer]:
    """Starts on a free port and stops at the end."""
    server = start_redis_server(folder, free_port(), *options)
    try:
        yield server
    finally:
        server.stop()


def start_redis_server(folder: Path, port: int, *options: str) -> RedisServer:
    """Returns once the server answers; `options` come last, so they win over the durable ones.

    Raises RedisDidNotStart.
    """
    address = ("--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder))
    with (folder / "redis.log").open("ab") as log:
        process = subprocess.Popen(
            ["sh", str(MEND_AOF), str(folder), "redis-server", *address, *DURABLE, *options],
            stdout=log,
            stderr=log,
        )
    server = RedisServer(folder, port, process)
    try:
        _wait_until_ready(server)
    except BaseException:
        server.stop()
        raise
    return server


def is_installed() -> bool:
    return shutil.which("redis-server") is not None


def free_port() -> int:
    """A loopback port that nobody holds at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_ready(server: RedisServer) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    with redis.Redis.from_url(server.url, socket_timeout=1.0) as client:
        while not _answers(client):
            if server.process.poll() is not None or time.monotonic() > deadline:
                raise RedisDidNotStart(server.log)
            time.sleep(0.02)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
