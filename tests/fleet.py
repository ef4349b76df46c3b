"""Worker processes as they run in production, and an nginx before them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.redis_server import free_port

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0
FACTORY = "web.app:app_from_environment"
NGINX = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  map $http_upgrade $connection_upgrade {{ default upgrade; "" ""; }}
  upstream workers {{
{servers}
    keepalive 64;
  }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://workers;
      proxy_next_upstream error timeout non_idempotent;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
    }}
  }}
}}
"""


class DidNotStart(Exception):
    """The message holds what the process wrote."""


@dataclass(frozen=True, slots=True)
class WorkerProcess:
    """One uvicorn process of the service."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def terminate(self, number: int = signal.SIGTERM) -> None:
        """SIGTERM, as an orchestrator sends it, or SIGINT, as a terminal does."""
        self.process.send_signal(number)


@contextmanager
def running_worker(
    folder: Path, name: str, factory: str = FACTORY, /, **settings: object
) -> Iterator[WorkerProcess]:
    """Starts a worker with these settings on a free port; it is ready, and ends at the end."""
    port = settings.get("port", free_port())
    log = folder / f"{name}.log"
    environment = {f"TANDEM_{key.upper()}": str(value) for key, value in settings.items()}
    command = (
        *(sys.executable, "-m", "uvicorn", "--factory", factory),
        *("--host", "127.0.0.1", "--port", str(port), "--no-access-log"),
        *("--log-level", "warning", "--timeout-graceful-shutdown", "5"),
        *("--ws-max-size", "16384", "--ws-max-queue", "8", "--ws-per-message-deflate", "false"),
    )
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=os.environ | environment | {"TANDEM_WORKER_NAME": name},
            stdout=output,
            stderr=output,
        )
    with _ended(process):
        worker = WorkerProcess(name, f"http://127.0.0.1:{port}", process, log)
        _wait_until_answers(f"{worker.url}/readyz", process, log)
        yield worker


@contextmanager
def running_workers(
    folder: Path, names: Sequence[str], **settings: object
) -> Iterator[list[WorkerProcess]]:
    """Several workers of one fleet."""
    with ExitStack() as stack:
        yield [stack.enter_context(running_worker(folder, n, **settings)) for n in names]


@contextmanager
def running_nginx(folder: Path, workers: Sequence[WorkerProcess]) -> Iterator[str]:
    """An nginx that gives each request to the next worker; yields its address."""
    port = free_port()
    hosts = [worker.url.removeprefix("http://") for worker in workers]
    # None is passed by for a while after one failure: where all are restarted, all would be.
    servers = "\n".join(f"    server {host} max_fails=0;" for host in hosts)
    configuration = folder / "nginx.conf"
    configuration.write_text(NGINX.format(folder=folder, servers=servers, port=port))
    log = folder / "error.log"
    log.touch()
    process = subprocess.Popen(
        ["nginx", "-p", str(folder), "-e", str(log), "-c", str(configuration)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with _ended(process):
        url = f"http://127.0.0.1:{port}"
        _wait_until_answers(f"{url}/healthz", process, log)
        yield url


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _answers(url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise DidNotStart(log.read_text(errors="replace"))
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url).status_code == 200
    except httpx2.TransportError:
        return False
