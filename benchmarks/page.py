"""The tables of docs/performance.md, from the results that stand in docs/performance.

scripts/bench --out docs/performance NAME ...           measures
scripts/bench --out docs/performance/newer NAME ...     measures on the versions that the container image has
.venv/bin/python -m benchmarks.page                     writes the tables
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import BENCHMARKS
from benchmarks.marked import Marked, words

DOCS = Path(__file__).parents[1] / "docs"
RESULTS = DOCS / "performance"
NEWER = RESULTS / "newer"
END = "<!-- end of the tables -->"
SHOWN = Marked(DOCS / "performance.md", "<!-- tables: written by benchmarks.page -->", END)


def result(name: str, folder: Path = RESULTS) -> Any:
    """What a benchmark found; None if it was not run."""
    file = folder / f"{name}.json"
    return json.loads(file.read_text()) if file.exists() else None


def tables() -> str:
    """All tables, each under its heading."""
    parts = [
        ("Figures and gates", gates(RESULTS)),
        ("The same on Python 3.13 and Redis 8", gates(NEWER)),
    ]
    for heading, name, make in (
        ("Lists over HTTP, by case", "recommend", by_case),
        ("Lists and events together, two workers", "mark", by_case),
        ("Processor time of a request, µs", "profile", by_part),
        ("Ten thousand sockets", "sockets", plain),
        ("Growth", "growth", growth),
    ):
        if (found := result(name)) is not None:
            parts.append((heading, make(found["figures"])))
    return "\n\n".join(f"## {heading}\n\n{table}" for heading, table in parts)


def gates(folder: Path) -> str:
    """Every figure that has a gate, and the machines that they were measured on."""
    rows, machines = [], []
    for benchmark in BENCHMARKS:
        found = result(benchmark.name, folder)
        if found is None or "figures" not in found:  # `tandem evaluate` has a page of its own
            continue
        machines.append(found["machine"])
        for figure in benchmark.figures:
            rows.append((*figure.row(found["figures"]), f"`{found['command']}`"))
    measured = "\n".join(f"- {machine}" for machine in dict.fromkeys(machines))
    return (
        f"{table(('figure', 'measured', 'gate', '', 'command'), rows)}\n\nMeasured on\n\n{measured}"
    )


def by_case(figures: Mapping[str, Mapping[str, float]]) -> str:
    """A row for each case, a column for each figure."""
    names = list(next(iter(figures.values())))
    rows = [(case, *(number(found[name]) for name in names)) for case, found in figures.items()]
    return table(("case", *map(words, names)), rows)


def by_part(figures: Mapping[str, Mapping[str, float]]) -> str:
    """A row for each part, a column for each kind of request; sums last."""
    parts = dict.fromkeys(part for found in figures.values() for part in found)
    sums = [part for part in ("worker", "Redis") if part in parts]
    ordered = [*(part for part in parts if part not in sums), *sums]
    rows = [
        (part, *(number(round(found.get(part, 0.0))) for found in figures.values()))
        for part in ordered
    ]
    return table(("part", *figures), rows)


def plain(figures: Mapping[str, float]) -> str:
    return table(("figure", "measured"), [(words(k), number(v)) for k, v in figures.items()])


def growth(figures: Mapping[str, Any]) -> str:
    """A row for each size; then where the bytes of an event of the largest are."""
    sizes: list[dict[str, Any]] = figures["sizes"]
    names = [name for name in sizes[0] if name != "components"]
    grown = table([*map(words, names)], [[number(size[name]) for name in names] for size in sizes])
    bytes_of = [(family, number(held)) for family, held in sizes[-1]["components"].items()]
    components = table(("keys", "bytes an event, largest shop"), bytes_of)
    days = ", ".join(f"{words(name)} {number(v)}" for name, v in figures["plateau"].items())
    return f"{grown}\n\n{components}\n\nThe same traffic day after day: {days}."


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Numbers to the right, but for the first column."""
    marks = ["---", *["---:"] * (len(heads) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, marks, *rows))


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:.3g}"


def main() -> None:
    SHOWN.write(tables())


if __name__ == "__main__":
    main()
