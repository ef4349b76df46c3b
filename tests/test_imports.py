"""The import contracts hold, and each breaks when it is violated."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ["service", "store", "scoring", "web", "demo"]
LINT = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]

# Module -> what it must not import, and the contract that says so.
VIOLATIONS = {
    ("scoring", "store"): "demo -> web -> service -> (store | scoring)",
    ("store", "scoring"): "demo -> web -> service -> (store | scoring)",
    ("service", "web"): "demo -> web -> service -> (store | scoring)",
    ("web", "demo"): "demo -> web -> service -> (store | scoring)",
    ("scoring", "asyncio"): "scoring does no IO",
    ("scoring", "redis"): "scoring does no IO",
    ("service", "redis"): "only store speaks Redis",
    ("web", "redis"): "only store speaks Redis",
    ("demo", "fakeredis"): "only store speaks Redis",
    ("web", "store"): "web and demo reach store and scoring only through service",
    ("web", "numpy"): "web does no mathematics",
}


@pytest.fixture(scope="module")
def broken_report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the linter says of a copy with every violation planted, one module for each."""
    tree = tmp_path_factory.mktemp("broken")
    shutil.copy(ROOT / "pyproject.toml", tree)
    for package in PACKAGES:
        (tree / package).mkdir()
        (tree / package / "__init__.py").touch()
    for importer, imported in VIOLATIONS:
        planted = tree / importer / f"imports_{imported}.py"
        planted.write_text(f"import {imported}\n")
    run = _lint(tree)
    assert run.returncode == 1
    return run.stdout


def test_the_contracts_hold() -> None:
    run = _lint(ROOT)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize(("importer", "imported"), VIOLATIONS)
def test_a_planted_violation_breaks_its_contract(
    importer: str, imported: str, broken_report: str
) -> None:
    details = broken_report.partition("Broken contracts")[2]
    contract = VIOLATIONS[importer, imported]
    assert f"{contract} BROKEN" in broken_report
    assert f"{importer}.imports_{imported} -> {imported}" in details


def _lint(tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LINT, "--no-cache"], cwd=tree, capture_output=True, text=True, check=False
    )
