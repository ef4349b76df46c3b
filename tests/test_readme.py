"""What the README tells a user to type works, as it stands there and in that order."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import httpx2
import pytest
import yaml

from benchmarks.figures import BENCHMARKS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
SERVER = "http://127.0.0.1:5000"
PAGE = f"{SERVER}/demo/realtime"
PICTURE_BYTES = 120_000
README_REDIS_URL = "redis://127.0.0.1:6379/0"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 40.0
COMMAND_TIMEOUT_S = 240.0
REPOSITORY_PATH = re.compile(r"`((?:scripts|docs|store|service|web|tests|deploy)/[\w./-]*)`")


def _commands() -> list[str]:
    """Every command of the shell blocks, a continued line as one."""
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.replace("\\\n", "").splitlines() if line]


def _starting_with(*beginnings: str) -> list[str]:
    return [command for command in _commands() if command.startswith(beginnings)]


DEMO, SERVICE, FLEET = (
    command for command in _commands() if re.search(r"scripts/(demo|serve)", command)
)
FOR_CI = _starting_with("scripts/test", "scripts/check")
FOR_CONTAINERS = _starting_with("docker ")
FOR_BENCHMARKS = _starting_with("scripts/bench")
TYPED = _starting_with("curl ", ".venv/bin/tandem ")


@dataclass(slots=True)
class Terminal:
    """A user's two terminals: the service in one, commands in the other."""

    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self, command: str, workers: int = 1) -> str:
        """Ends the service that runs, starts this one and waits until it is ready; what it has said by then."""
        self.stop()
        ports = range(5000, 5000 + workers)
        _need_free(ports)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["bash", "-c", f"exec env {command}"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        for port in ports:
            self._wait_until_ready(f"http://127.0.0.1:{port}/readyz")
        return self.log.read_text()

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        if self.process is None:
            self.start(DEMO)
        return subprocess.run(
            ["bash", "-c", command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )

    def stop(self) -> None:
        if self.process is None:
            return
        # As Ctrl-C does.
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def _wait_until_ready(self, url: str) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not _is_ready(url):
            if self.process is None or self.process.poll() is not None:
                pytest.fail(self.log.read_text())
            if time.monotonic() > deadline:
                pytest.fail(f"{url} does not answer: {self.log.read_text()}")
            time.sleep(0.05)


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """With its data elsewhere than in the user's own folder; curl says the status of each answer."""
    for program in (shutil.which("curl"), ROOT / ".venv" / "bin" / "tandem"):
        if program is None or not Path(program).exists():
            _cannot_run("curl, or .venv/bin/tandem, is not there")
    folder = tmp_path_factory.mktemp("readme")
    (folder / ".curlrc").write_text('write-out = "%{stderr}%{http_code}"\n')
    mine = {name: value for name, value in os.environ.items() if not name.startswith("TANDEM_")}
    opened = Terminal(
        mine | {"CURL_HOME": str(folder), "TANDEM_DATA_DIR": str(folder / "data")},
        folder / "serve.log",
    )
    try:
        yield opened
    finally:
        opened.stop()


def test_each_command_is_held_to_its_word_by_a_test_of_this_file() -> None:
    known = [DEMO, SERVICE, FLEET, *FOR_CI, *FOR_CONTAINERS, *FOR_BENCHMARKS, *TYPED]
    assert sorted(known) == sorted(_commands())


def test_the_first_command_starts_the_demo_at_the_address_that_is_named(terminal: Terminal) -> None:
    assert _commands()[0] == DEMO == "scripts/demo"
    said = terminal.start(DEMO)
    assert PAGE in README
    assert PAGE in said
    assert "120 products" in said
    page = httpx2.get(PAGE)
    assert page.headers["content-type"] == "text/html; charset=utf-8"


def test_no_command_needs_what_does_not_come_with_the_repository() -> None:
    files = re.findall(r"\S+\.(?:csv|tsv|jsonl|gz)\b", "\n".join(_commands()))
    assert files
    assert all((ROOT / path).resolve().is_relative_to(ROOT) for path in files)
    assert all((ROOT / path).is_file() for path in files)


def test_it_is_said_how_another_port_is_chosen() -> None:
    assert re.search(rf"`{DEMO} --port \d+`", README)


@pytest.mark.parametrize("command", TYPED)
def test_a_command_works(command: str, terminal: Terminal) -> None:
    done = terminal.run(command)
    assert done.returncode == 0, done.stderr + terminal.log.read_text()
    if command.startswith("curl"):
        assert done.stderr.startswith("2"), done.stdout


@pytest.mark.real_redis
def test_the_next_start_goes_on_with_the_same_data_and_so_does_the_service_alone(
    terminal: Terminal,
) -> None:
    terminal.start(DEMO)
    act = {"user_id": "7", "item_id": "mug-enamel", "type": "view"}
    assert httpx2.post(f"{SERVER}/event", json=act).is_success
    assert "as it was" in terminal.start(DEMO)
    assert _last_of_user_7() == "mug-enamel"
    terminal.start(SERVICE)
    assert _last_of_user_7() == "mug-enamel"


@pytest.mark.real_redis
def test_several_workers_run_on_one_redis(terminal: Terminal, real_redis_url: str) -> None:
    assert README_REDIS_URL in FLEET
    terminal.start(FLEET.replace(README_REDIS_URL, real_redis_url), workers=3)
    workers = {httpx2.get(f"http://127.0.0.1:{5000 + n}/healthz").text for n in range(3)}
    assert len(workers) == 3


def test_what_checks_a_change_is_what_ci_runs() -> None:
    ci = (ROOT / ".ci" / "run").read_text()
    assert FOR_CI
    assert all(command in ci for command in FOR_CI)


def test_the_containers_that_are_scaled_are_there() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for command in FOR_CONTAINERS:
        assert re.findall(r"--scale (\w+)=", command)[0] in services


def test_each_benchmark_is_named_and_there() -> None:
    named = re.findall(r"`scripts/bench (\w+)`", README)
    assert named == [benchmark.name for benchmark in BENCHMARKS]


def test_each_picture_says_in_words_what_it_shows_and_is_light() -> None:
    pictures = re.findall(r"!\[([^]]*)\]\(([^)]+)\)", README)
    assert len(pictures) >= 3
    for words, path in pictures:
        assert len(words) > 60
        assert (ROOT / path).stat().st_size <= PICTURE_BYTES


def test_each_file_that_is_named_exists() -> None:
    named = {*REPOSITORY_PATH.findall(README), *re.findall(r"\]\((?!https?:)([^)#]+)", README)}
    assert {path for path in named if not (ROOT / path).exists()} == set()


def _last_of_user_7() -> str:
    history = httpx2.get(f"{SERVER}/users/7").json()["history"]
    return str(history[0]["item_id"])


def _need_free(ports: range) -> None:
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                _cannot_run(f"port {port}, which the README uses, is taken")


def _cannot_run(reason: str) -> NoReturn:
    """A skip, but where nothing may be skipped."""
    if os.environ.get("TANDEM_REQUIRE_REAL") == "1":
        pytest.fail(f"{reason}, although TANDEM_REQUIRE_REAL=1")
    pytest.skip(reason)


def _is_ready(url: str) -> bool:
    with suppress(httpx2.TransportError):
        return httpx2.get(url).is_success
    return False
