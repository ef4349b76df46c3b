"""`tandem bench` runs what stands in the repository's folder, and says what there is."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from web.cli.benchmarking import UNKNOWN


def test_a_benchmark_gets_its_own_options_and_its_exit_code(
    tandem: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    (folder / "echo.py").write_text(
        "import json, sys\n"
        "def main(): # keep(arguments.json\n json.dump(sys.argv[1:], open('said.json', 'w')); sys.exit(3)\n"
        "main()\n"
    )
    monkeypatch.setattr("web.cli.benchmarking.ROOT", tmp_path)
    assert tandem("bench", "echo", "--json", "a.json", "--rate", "5").exit_code == 3
    assert json.loads((tmp_path / "said.json").read_text()) == ["--json", "a.json", "--rate", "5"]


def test_an_unknown_one_is_answered_with_those_that_there_are(tandem: Run) -> None:
    said = tandem("bench", "speed")
    assert said.exit_code == UNKNOWN
    assert "ingest" in said.stderr
    assert "push" in said.stderr


def test_an_installed_package_holds_none(
    tandem: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.cli.benchmarking.ROOT", tmp_path)
    assert "none outside a clone" in tandem("bench", "push").stderr
