"""Several workers on one machine: a process and a port each, one Redis for all."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from web.cli.console import err

# Longer than a worker takes to drain.
STOP_TIMEOUT_S = 30.0
_POLL_S = 0.2


class Fleet:
    """Starts one process a port and ends all. One that dies is reported; the others go on."""

    def __init__(self, host: str, ports: Sequence[int], redis_url: str) -> None:
        self._host = host
        self._ports = ports
        self._environment = os.environ | {"TANDEM_REDIS_URL": redis_url}
        self._workers: dict[int, subprocess.Popen[bytes]] = {}

    @contextmanager
    def running(self) -> Iterator[None]:
        """All workers run while this is entered, and have ended when it is left."""
        try:
            for port in self._ports:
                self._workers[port] = self._start(port)
            yield
        finally:
            self._stop()

    def wait(self) -> None:
        """Returns when no worker runs any more."""
        alive = dict(self._workers)
        while alive:
            for port, worker in list(alive.items()):
                if worker.poll() is not None:
                    del alive[port]
                    err.print(f"The worker of port {port} has ended ({worker.returncode}).")
            time.sleep(_POLL_S)

    def _start(self, port: int) -> subprocess.Popen[bytes]:
        command = (sys.executable, "-m", "web.cli", "serve", "--end-with-stdin")
        return subprocess.Popen(
            [*command, "--host", self._host, "--port", str(port)],
            env=self._environment,
            # Held open by us alone: the worker sees its end, even if we are killed.
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            # Ctrl-C reaches us, and we end the workers: once, and in order.
            start_new_session=True,
        )

    def _stop(self) -> None:
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for worker in self._workers.values():
            worker.terminate()
        for worker in self._workers.values():
            try:
                worker.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
            if worker.stdin:
                worker.stdin.close()
