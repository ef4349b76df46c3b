"""A worker process of the real service, on a free loopback port, gone when the benchmark ends."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from benchmarks.private_redis import free_port

#: The yardstick runs as uvicorn would run any FastAPI application.
NOOP = "benchmarks.noop:create"
UVICORN = ("--loop", "uvloop", "--http", "httptools", "--log-level", "warning", "--no-access-log")
START_S = 20.0


@contextmanager
def worker(app: str, environment: Mapping[str, str]) -> Iterator[str]:
    """Starts one worker of the app factory `app`; yields its address, e.g. `http://127.0.0.1:40001`.

    As `tandem serve` does, but for the yardstick.
    """
    with worker_process(app, environment) as (address, _):
        yield address


@contextmanager
def worker_process(
    app: str, environment: Mapping[str, str]
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """As `worker`, with its process."""
    port = free_port()
    process = subprocess.Popen(
        _command(app, port), env={**os.environ, "PYTHONPATH": ".", **environment}
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_answering(f"{address}/healthz", process)
        yield address, process
    finally:
        process.terminate()
        process.wait()


def _command(app: str, port: int) -> list[str]:
    if app != NOOP:
        return [sys.executable, "-m", "benchmarks.served", app, str(port)]
    command = [sys.executable, "-m", "uvicorn", "--factory", app, "--host", "127.0.0.1"]
    return [*command, "--port", str(port), *UVICORN]


def wait_until_answering(url: str, process: subprocess.Popen[bytes]) -> None:
    """Raises TimeoutError where the process ends, or is too slow to start."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"no answer from {url}")
