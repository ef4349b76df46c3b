"""A redis-server of our own: durable, reachable from this machine only, its data in one folder."""

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from store.reachability import state_of

PROGRAM = "redis-server"
#: `sh MEND_AOF FOLDER COMMAND ...` starts Redis on what a killed one has left.
MEND_AOF = Path(__file__).with_name("mend_aof.sh")
DURABLE = (
    *("--appendonly", "yes"),
    *("--appendfsync", "always"),
    *("--maxmemory-policy", "noeviction"),
    *("--save", ""),
    *("--daemonize", "no"),
)
# A large append-only file takes its time to load.
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 20.0
_POLL_S = 0.02
_SOCKET = "redis.sock"
_LOG = "redis-server.log"
_SOCKET_PATH_LIMIT = 100  # bytes; the system allows 107


class RedisDidNotStart(Exception):
    """There is no Redis to use; the message says why."""


@dataclass(frozen=True, slots=True)
class PrivateRedis:
    """A server that we started. `stop` it: nobody else will."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Ends the server as an operator would, by force if it does not follow; its data stay."""
        self.process.terminate()
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def program() -> str | None:
    """Where redis-server is, if it is on PATH."""
    return shutil.which(PROGRAM)


def start(path: str, folder: Path) -> PrivateRedis:
    """Starts the server and returns once it answers. Raises RedisDidNotStart."""
    url, address = _address(folder)
    with (folder / _LOG).open("ab") as log:
        # A session of its own: Ctrl-C must reach us first, so that work in flight is still stored.
        process = subprocess.Popen(
            ["sh", str(MEND_AOF), str(folder), path, "--dir", str(folder), *address, *DURABLE],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    server = PrivateRedis(url, process)
    try:
        _wait_until_ready(server, folder / _LOG)
    except BaseException:
        server.stop()
        raise
    return server


def stop_orphan(url: str, pid: int) -> None:
    """Ends a server whose starter is gone; returns once it serves no more, or gives up waiting."""
    deadline = time.monotonic() + STOP_TIMEOUT_S
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    while state_of(url) != "absent" and time.monotonic() < deadline:
        time.sleep(_POLL_S)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _address(folder: Path) -> tuple[str, tuple[str, ...]]:
    """A socket in the folder; a free loopback port where its path would be too long for one."""
    path = str(folder / _SOCKET)
    if len(path.encode()) <= _SOCKET_PATH_LIMIT:
        options = ("--port", "0", "--unixsocket", path, "--unixsocketperm", "700")
        return f"unix://{quote(path)}", options
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return f"redis://127.0.0.1:{port}/0", ("--bind", "127.0.0.1", "--port", str(port))


def _wait_until_ready(server: PrivateRedis, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while state_of(server.url) != "ready":
        if server.process.poll() is not None or time.monotonic() > deadline:
            last = log.read_text(errors="replace").splitlines()[-3:]
            raise RedisDidNotStart(f"redis-server did not start (see {log}): " + " / ".join(last))
        time.sleep(_POLL_S)
