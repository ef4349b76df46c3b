"""The benchmarks' frame: what is measured stands beside its gate, what cannot run is said."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks.every import report, run_all
from benchmarks.figures import Benchmark, Figure
from benchmarks.results import keep

LATENCY = Figure("latency, ms", lambda figures: figures["ms"], gate=5)
HITS = Figure("hits", lambda figures: figures["hr"], gate=0.5, at_least=True)
WRITER = "import sys; open(sys.argv[-1], 'w').write('{\"ms\": 7, \"hr\": 0.6}'); sys.exit(1)"


@pytest.mark.parametrize(
    ("figure", "value", "verdict"),
    [(LATENCY, 5, "pass"), (LATENCY, 5.1, "MISSED"), (HITS, 0.5, "pass"), (HITS, 0.4, "MISSED")],
)
def test_a_figure_is_judged_by_its_gate(figure: Figure, value: float, verdict: str) -> None:
    assert figure.row({"ms": value, "hr": value})[-1] == verdict


def test_a_missed_gate_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "writes.py").write_text(WRITER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    benchmark = Benchmark("both", ("writes",), (), (), (LATENCY, HITS), program=sys.executable)
    assert run_all([benchmark], tmp_path, quick=True) == 0
    written = (tmp_path / "figures.md").read_text()
    assert "| latency, ms | 7 | ≤ 5 | MISSED |\n| hits | 0.6 | ≥ 0.5 | pass |" in written
    assert written in capfd.readouterr().out


def test_what_writes_no_figures_could_not_run(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text('{"ms": 1}')
    benchmark = Benchmark("old", ("no_such_module",), (), (), (LATENCY,), program=sys.executable)
    assert run_all([benchmark], tmp_path, quick=False) == 1


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ({"program": "no-such-program"}, "skipped, no-such-program is not on PATH"),
        ({"program": sys.executable, "data": Path("no/data")}, "skipped, no/data is not there"),
    ],
)
def test_what_lacks_something_is_skipped_with_a_word(
    lacking: dict[str, str | Path], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    benchmark = Benchmark("poor", ("no_such_module",), (), (), (LATENCY,), **lacking)  # type: ignore[arg-type]
    assert run_all([benchmark], tmp_path, quick=False) == 0
    assert said in capsys.readouterr().out


def test_figures_are_kept_with_where_they_come_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "some.json"
    monkeypatch.setattr(sys, "argv", ["some.py", "--rate", "3", "--json", str(file)])
    keep(file, "some", {"ms": 7})
    kept = json.loads(file.read_text())
    assert kept["figures"] == {"ms": 7}
    assert kept["command"] == ".venv/bin/python -m benchmarks.some --rate 3"
    assert "Python 3" in kept["machine"]


def test_the_report_names_the_machine_and_the_size() -> None:
    text = report([LATENCY.row({"ms": 3})], quick=True)
    assert "Measured on " in text
    assert "small parameters" in text
