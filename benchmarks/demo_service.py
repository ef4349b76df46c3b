"""The demo in a process of its own, on a free loopback port, gone when whoever asked for it is done."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.private_redis import free_port
from benchmarks.worker import wait_until_answering


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo, one worker."""

    process: subprocess.Popen[bytes]
    address: str

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


@contextmanager
def running_demo(redis_url: str, command: str = "demo") -> Iterator[Demo]:
    """`tandem demo` on this Redis; `command` may be `serve`, which loads no shop."""
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TANDEM_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "demo", command, "--port", str(port)],
        env={**environment, "TANDEM_REDIS_URL": redis_url, "PYTHONPATH": "."},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    demo = Demo(process, f"http://127.0.0.1:{port}")
    try:
        wait_until_answering(f"{demo.address}/readyz", process)
        yield demo
    finally:
        demo.stop()
