"""`tandem bench`: the benchmarks of the repository. The installed package does not hold them."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from web.cli.console import fail

ROOT = Path(__file__).parents[2]
UNKNOWN = 2
KEEPS = "keep(arguments.json"  # what only those that measure do


def bench(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Which: `push`, `ingest`, `recommend` ...")],
) -> None:
    """Run a benchmark of the repository, with options of its own, which NAME --help lists."""
    known = runnable(ROOT / "benchmarks")
    if name not in known:
        there = ", ".join(known) or "none outside a clone of the repository"
        fail(f"There is no benchmark {name!r}; there are {there}.", UNKNOWN)
    command = [sys.executable, "-m", f"benchmarks.{name}", *context.args]
    raise typer.Exit(subprocess.run(command, cwd=ROOT).returncode)


def runnable(folder: Path) -> list[str]:
    """The benchmarks in that folder: modules that keep figures."""
    if not folder.is_dir():
        return []
    return sorted(file.stem for file in folder.glob("*.py") if KEEPS in file.read_text())
