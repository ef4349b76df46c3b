"""What a benchmark's file holds: figures, and where they come from."""

import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NoReturn


def keep(file: Path | None, name: str, figures: object) -> None:
    """Writes them, if there is a file to write to."""
    if file is None:
        return
    written = {
        "name": name,
        "figures": figures,
        "machine": machine(),
        "command": shlex.join([".venv/bin/python", "-m", f"benchmarks.{name}", *_arguments()]),
    }
    file.write_text(json.dumps(written, indent=2) + "\n")


def print_spread(figures: Mapping[str, Sequence[float]]) -> None:
    """Each figure of several rounds: the middle one, from the least to the most."""
    for name, values in figures.items():
        low, middle, high = min(values), median(values), max(values)
        print(f"{name:14} {middle:10.2f}   ({low:.2f} to {high:.2f})")


def end_with(missed: Sequence[str]) -> NoReturn:
    """Says which gates were missed, and ends: with 1 if any was."""
    print("gates:", "; ".join(missed) or "pass")
    sys.exit(1 if missed else 0)


def machine() -> str:
    """What the figures were measured on, in a line."""
    gibibytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    python = platform.python_version()
    return (
        f"{os.cpu_count()} × {_processor()}, {gibibytes:.0f} GiB, Python {python}, "
        f"Redis {_redis_version()}"
    )


def _arguments() -> list[str]:
    """Those of the command, but for the file."""
    found = sys.argv[1:]
    if "--json" in found:
        at = found.index("--json")
        del found[at : at + 2]
    return found


def _processor() -> str:
    if not Path("/proc/cpuinfo").exists():
        return "unknown processor"
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return (models or ["unknown processor"])[0]


def _redis_version() -> str:
    program = shutil.which("redis-server")
    if program is None:
        return "missing"
    said = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    return said.partition("v=")[2].partition(" ")[0]
