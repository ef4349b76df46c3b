"""What faults and abuse do to the service: each scenario breaks something on purpose and counts what was lost.

    .venv/bin/python -m benchmarks.faults NAME [--scale 1.0] [--json FILE]
    .venv/bin/python -m benchmarks.faults table

A scenario is a module of `tests/faults/scenarios`; the tests run it with a small scale, this command in full. Its
result is written to `docs/reliability/NAME.json`, and `table` sets the table of `docs/reliability.md` by all of them.
"""

import argparse
import importlib
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, cast

from benchmarks.marked import Marked, words
from benchmarks.results import machine

Figures = Mapping[str, float]
RESULTS = Path("docs/reliability")
SHOWN = Marked(Path("docs/reliability.md"), "<!-- results: begin -->", "<!-- results: end -->")


class Scenario(Protocol):
    """A module of `tests/faults/scenarios`."""

    #: The promises that it tests, as `P1, P4`, and what it does, in one line.
    PROMISES: str
    WHAT: str

    @staticmethod
    def measure(scale: float) -> Figures:
        """Runs it: 1 is the full length, less is shorter in proportion."""
        ...

    @staticmethod
    def problems(figures: Figures) -> list[str]:
        """Which promises the figures break, in words; empty when all are kept."""
        ...


def scenario(name: str) -> Scenario:
    """The scenario of that name. Raises ModuleNotFoundError."""
    return cast(Scenario, importlib.import_module(f"tests.faults.scenarios.{name}"))


def run(name: str, scale: float) -> dict[str, object]:
    """Measures, and says with which command and on what machine."""
    chosen, began = scenario(name), time.monotonic()
    figures = chosen.measure(scale)
    length = "" if scale == 1 else f" --scale {scale:g}"
    return {
        "name": name,
        "promises": chosen.PROMISES,
        "what": chosen.WHAT,
        "figures": dict(figures),
        "broken": chosen.problems(figures),
        "seconds": round(time.monotonic() - began, 1),
        "machine": machine(),
        "command": f".venv/bin/python -m benchmarks.faults {name}{length}",
    }


def table() -> str:
    """One row for each result, in the order of the promises."""
    results = [json.loads(path.read_text()) for path in RESULTS.glob("*.json")]
    rows = [
        "| promise | what is done | what came out | kept | command |",
        "| --- | --- | --- | --- | --- |",
    ]
    for result in sorted(results, key=lambda each: _order(each["promises"])):
        kept = "yes" if not result["broken"] else "**no**: " + "; ".join(result["broken"])
        came_out = ", ".join(f"{words(k)} {v:,.6g}" for k, v in result["figures"].items())
        cells = (result["promises"], result["what"], came_out, kept, f"`{result['command']}`")
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _order(promises: str) -> tuple[int, str]:
    first = promises.split(",")[0].strip().removeprefix("P")
    return (int(first) if first.isdecimal() else 99, promises)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="a scenario, or `table`")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if arguments.name == "table":
        SHOWN.write(table())
        return
    result = run(arguments.name, arguments.scale)
    text = json.dumps(result, indent=2) + "\n"
    print(text, end="")
    (arguments.json or RESULTS / f"{arguments.name}.json").write_text(text)
    sys.exit(1 if result["broken"] else 0)


if __name__ == "__main__":
    main()
