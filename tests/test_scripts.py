"""The scripts say what is wrong on a machine that lacks something."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = [*(ROOT / "scripts").iterdir(), ROOT / ".ci" / "run"]
TOOLS = ["bash", "env", "dirname", "cksum", "cmp", "rm"]
OLD_PYTHON = "#!/bin/sh\nexit 1\n"
PYTHON_WITHOUT_VENV = '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\n'


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A clone's scripts, and in bin/ the only programs there are."""
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / "bin" / tool).symlink_to(found)
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: str(script.name))
def test_a_script_is_executable_and_correct_bash(script: Path) -> None:
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", script], check=True)


def test_install_asks_for_a_python_where_there_is_none(machine: Path) -> None:
    assert "no Python >= 3.11 on PATH" in _refusal(machine, "install")


def test_install_takes_no_python_that_is_too_old(machine: Path) -> None:
    _add_program(machine, "python3", OLD_PYTHON)
    assert "no Python >= 3.11 on PATH" in _refusal(machine, "install")


def test_install_names_the_missing_module_venv(machine: Path) -> None:
    _add_program(machine, "python3", PYTHON_WITHOUT_VENV)
    assert "python3 has no module venv" in _refusal(machine, "install")


def test_install_refuses_an_option_it_does_not_know(machine: Path) -> None:
    assert "unknown option --fast" in _refusal(machine, "install", "--fast")


def test_test_installs_first(machine: Path) -> None:
    assert "no Python >= 3.11 on PATH" in _refusal(machine, "test")


def test_lock_asks_for_uv(machine: Path) -> None:
    assert "uv is not on PATH" in _refusal(machine, "lock")


@pytest.mark.parametrize("given", ["--port {port}", "--host 127.0.0.1 --port={port}"])
def test_demo_says_that_a_port_is_taken_before_it_installs(machine: Path, given: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = _refusal(machine, "demo", *given.format(port=port).split())
    assert f"port {port} of 127.0.0.1 is taken" in said
    assert "--port" in said
    assert "Python" not in said


def test_demo_needs_no_port_to_load_the_shop_alone(machine: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = _refusal(machine, "demo", "--port", port, "--setup")
    assert "no Python >= 3.11 on PATH" in said


def _add_program(machine: Path, name: str, text: str) -> None:
    program = machine / "bin" / name
    program.write_text(text)
    program.chmod(0o755)


def _refusal(machine: Path, script: str, *arguments: str) -> str:
    run = subprocess.run(
        [machine / "scripts" / script, *arguments],
        cwd="/",
        env={"PATH": str(machine / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    return run.stderr
