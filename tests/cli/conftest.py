"""The commands as a user types them, and a running service to use them on."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.cli.serving import Service, serving, without_redis_server
from web.cli import app

Run = Callable[..., Result]


@pytest.fixture
def tandem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in this process, in an empty folder and without settings of the machine."""
    for name in os.environ:
        if name.startswith("TANDEM_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return run


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service over a private redis-server, for all tests of a module."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not on PATH")
    with serving(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="module")
def toy_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service over the embedded toy store."""
    folder = tmp_path_factory.mktemp("toy")
    with serving(folder, PATH=without_redis_server(folder)) as running:
        yield running
