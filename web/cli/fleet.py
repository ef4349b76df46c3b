"""Several workers on one machine: a process and a port each, one Redis for all."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NoReturn

from service.setting_names import unknown_names

# Longer than a worker takes to drain.
STOP_TIMEOUT_S = 30.0
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
_POLL_S = 0.2
log = logging.getLogger(__name__)


class WorkerDidNotStart(Exception):
    """The message names its port; why, the worker has said itself."""


class Fleet:
    """Starts one process a port, starts again those that die, and ends all."""

    def __init__(self, module: str, host: str, ports: Sequence[int], redis_url: str) -> None:
        """A worker is what `python -m MODULE serve` starts."""
        # We have warned of unknown settings: once is enough.
        unknown = unknown_names(os.environ)
        environment = {name: value for name, value in os.environ.items() if name not in unknown}
        environment["TANDEM_REDIS_URL"] = redis_url
        self._workers = [_Worker(module, host, port, environment) for port in ports]

    @contextmanager
    def running(self) -> Iterator[None]:
        """All workers listen while this is entered, and have ended when it is left.

        Raises WorkerDidNotStart, and then none runs.
        """
        try:
            for worker in self._workers:
                worker.start()
            for worker in self._workers:
                worker.wait_until_it_listens()
            yield
        finally:
            self._stop()

    def keep_running(self) -> NoReturn:
        """Starts again what dies, until an exception ends it."""
        while True:
            for worker in self._workers:
                worker.look_after(time.monotonic())
            time.sleep(_POLL_S)

    def _stop(self) -> None:
        """Lets all drain; a signal meanwhile, or running late, ends them by force."""
        deadline = time.monotonic() + STOP_TIMEOUT_S
        try:
            for worker in self._workers:
                worker.terminate()
            for worker in self._workers:
                worker.wait(deadline - time.monotonic())
        finally:
            for worker in self._workers:
                worker.end()


def next_pause_s(last_s: float, ran_s: float) -> float:
    """How long a worker that died waits: each time twice as long, until one has run for a while."""
    if last_s == 0 or ran_s > LONGEST_PAUSE_S:
        return FIRST_PAUSE_S
    return min(2 * last_s, LONGEST_PAUSE_S)


class _Worker:
    """The worker of one port, whichever process it is at the time."""

    def __init__(self, module: str, host: str, port: int, environment: dict[str, str]) -> None:
        self._port = port
        self._environment = environment
        command = (sys.executable, "-m", module, "serve", "--end-with-stdin")
        self._command = (*command, "--host", host, "--port", str(port))
        self._process: subprocess.Popen[bytes] | None = None
        self._started_s = 0.0
        self._pause_s = 0.0
        self._start_at_s = 0.0

    def start(self) -> None:
        self._started_s = time.monotonic()
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            # Held open by us alone: the worker sees its end, even if we are killed.
            stdin=subprocess.PIPE,
            # It is told where the worker listens, once it does.
            stdout=subprocess.PIPE,
            # Ctrl-C reaches us, and we end the workers: once, and in order.
            start_new_session=True,
        )

    def wait_until_it_listens(self) -> None:
        if self._process and self._process.stdout and not self._process.stdout.readline():
            raise WorkerDidNotStart(f"The worker of port {self._port} did not start, so none runs.")

    def look_after(self, now_s: float) -> None:
        """Starts the next process when the last has died and the pause is over."""
        if self._process is None:
            if now_s >= self._start_at_s:
                self.start()
        elif self._process.poll() is not None:
            code = self._process.returncode
            self.end()
            self._pause_s = next_pause_s(self._pause_s, now_s - self._started_s)
            self._start_at_s = now_s + self._pause_s
            log.error(
                "The worker of port %d has ended (%d); it is started again in %.0f s.",
                self._port,
                code,
                self._pause_s,
            )

    def terminate(self) -> None:
        if self._process:
            self._process.terminate()

    def wait(self, timeout_s: float) -> None:
        """Returns when the process has ended or the time is over."""
        with suppress(subprocess.TimeoutExpired):
            if self._process:
                self._process.wait(max(0.0, timeout_s))

    def end(self) -> None:
        """Kills the process if it still runs."""
        process, self._process = self._process, None
        if process:
            # Left, it closes our ends of the pipes and waits.
            with process:
                process.kill()
