"""The figures of an evaluation as a person reads them; the whole of them is for programs, as JSON."""

from collections.abc import Mapping
from typing import Any

from web.cli.console import out, print_table

Figures = Mapping[str, Any]

_SHOWN = ("hr@20", "mrr@20")
_COLUMNS = ("lists of", "HR@20", "95 %", "MRR@20", "95 %", "n")


def print_figures(figures: Figures) -> None:
    """What the lists scored, with 95 % intervals, what was recorded, and where the time went."""
    title = f"{figures['protocol']}, rules {figures['rules']}, input {figures['input']}"
    rows = [_row(figures["strategy"], figures)]
    rows += [_row(f"only {name}", found) for name, found in figures.get("sources", {}).items()]
    print_table(title, _COLUMNS, rows)
    for line in (_recorded(figures), _time(figures)):
        out.print(line, markup=False, soft_wrap=True)


def _row(name: str, found: Figures) -> tuple[str, ...]:
    cells = (cell for metric in _SHOWN for cell in _cells(found, metric))
    return (name, *cells, f"{found['n']:,}")


def _cells(found: Figures, metric: str) -> tuple[str, str]:
    """The mean and its interval; nothing where nothing was asked."""
    if metric not in found:
        return "", ""
    low, high = found["intervals"][metric]
    return f"{found[metric]:.4f}", f"{low:.3f}-{high:.3f}"


def _recorded(figures: Figures) -> str:
    left_out = figures["rows_left_out"]
    return (
        f"Recorded: {figures['events']:,} events; learned from: {figures['labels_learned']:,}"
        + (f"; rows left out: {left_out:,}." if left_out else ".")
    )


def _time(figures: Figures) -> str:
    spent = ", ".join(f"{phase} {seconds:.1f} s" for phase, seconds in figures["seconds"].items())
    return f"Time: {spent}."
