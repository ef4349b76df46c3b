"""Quality on the public logs: runs `tandem evaluate` on each and prints the tables of docs/quality.md.

    .venv/bin/python -m benchmarks.quality [NAME ...] [--out build/quality]

A log whose figures are in the folder already is not evaluated again. The logs (in ../shared/data) do not come with this
repository.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DATA = Path("../shared/data")
RSC15 = ("--train", "rsc15_sample/train.tsv.gz", "--test", "rsc15_sample/test.tsv.gz")
PREQUENTIAL = ("--protocol", "prequential", "--input", "sessions", *RSC15, "--split-at", "5d")


@dataclass(frozen=True, slots=True)
class Case:
    """One evaluation: arguments (files below DATA), settings, and the figures that are told, each with its floor."""

    name: str
    arguments: Sequence[str]
    floors: Mapping[str, float]
    settings: Mapping[str, str] = field(default_factory=dict)

    def command(self, written: Path) -> list[str]:
        """Files are those arguments that name one."""
        given = [str(DATA / each) if "/" in each else each for each in self.arguments]
        return ["evaluate", *given, "--sources", "--json", str(written)]

    def run(self, written: Path) -> None:
        tandem = Path(sys.executable).parent / "tandem"
        subprocess.run(
            [str(tandem), *self.command(written)],
            env={**os.environ, **self.settings},
            stdout=subprocess.DEVNULL,
            check=True,
        )


CASES = (
    Case(
        "diginetica",
        (
            *("--protocol", "next-item", "--input", "srgnn"),
            *("--train", "diginetica/train.tsv.gz", "--test", "diginetica/test_pairs.jsonl.gz"),
        ),
        {"hr@20": 0.542, "mrr@20": 0.194},
    ),
    Case(
        "serenade",
        (
            *("--protocol", "next-item", "--input", "sessions", "--exclude-last"),
            *("--train", "serenade_example/train.tsv.gz"),
            *("--test", "serenade_example/test.tsv.gz"),
        ),
        {"hr@20": 0.660, "mrr@20": 0.345},
        {"TANDEM_SESSIONS_PER_ITEM": "2500"},
    ),
    Case(
        "rsc15",
        ("--protocol", "next-item", "--input", "sessions", *RSC15),
        {"hr@20": 0.675, "mrr@20": 0.360},
    ),
    Case("rsc15_online", PREQUENTIAL, {"hr@20": 0.580, "mrr@20": 0.262}),
    Case("rsc15_frozen", (*PREQUENTIAL, "--frozen-after", "5d"), {}),
    Case(
        "online_retail",
        (
            *("--protocol", "basket", "--input", "events", "--split-at", "2011-11-08"),
            *("--train", "online_retail/online_retail.csv.gz"),
        ),
        {"hr@20": 0.400, "mrr@20": 0.155, "rare hr@20": 0.20},
    ),
    Case(
        "ml_100k",
        (
            *("--protocol", "holdout", "--input", "movielens"),
            *("--train", "ml-100k/ml-100k.inter.gz", "--items", "ml-100k/ml-100k.item.gz"),
        ),
        {"ndcg@10": 0.43},
    ),
)


def figures_of(case: Case, written: Path) -> Mapping[str, Any]:
    """Those in the file, which is made where it is missing."""
    if not written.exists():
        case.run(written)
    figures: Mapping[str, Any] = json.loads(written.read_text())
    return figures


def rows_of(case: Case, figures: Mapping[str, Any]) -> list[str]:
    """A line of the table for each figure: value, interval, floor, and the best source alone."""
    lines = []
    for name in case.floors or ("hr@20", "mrr@20"):
        group, _, metric = name.rpartition(" ")
        low, high = _part(figures, group)["intervals"][metric]
        best = max(figures["sources"], key=lambda s: _part(figures["sources"][s], group)[metric])
        alone = _part(figures["sources"][best], group)[metric]
        value, floor = _part(figures, group)[metric], case.floors.get(name)
        lines.append(
            f"| `{case.name}` | {name} | **{value:.4f}** ({low:.3f} to {high:.3f}) | "
            f"{'–' if floor is None else f'{floor:.3f}'} | {best} {alone:.4f} | {_part(figures, group)['n']:,} |"
        )
    return lines


def _part(figures: Mapping[str, Any], group: str) -> Mapping[str, Any]:
    part: Mapping[str, Any] = figures[group] if group else figures
    return part


def cost_of(case: Case, figures: Mapping[str, Any]) -> str:
    """How long it took, and where the time went."""
    seconds, latency = figures["seconds"], figures["latency_ms"]
    parts = ", ".join(f"{name} {spent:,.0f} s" for name, spent in seconds.items() if spent >= 1)
    return (
        f"| `{case.name}` | {sum(seconds.values()) / 60:.1f} min: {parts} | {figures['events_per_s']:,.0f} | "
        f"{latency['p50']:.2f} / {latency['p99']:.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(c.name for c in CASES))
    parser.add_argument("--out", type=Path, default=Path("build/quality"))
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    chosen = [case for case in CASES if not arguments.names or case.name in arguments.names]
    found = [(case, figures_of(case, arguments.out / f"{case.name}.json")) for case in chosen]
    print("| log | figure | value (95 % interval) | floor | best source alone | n |")
    print("| --- | --- | --- | --- | --- | --- |")
    for case, figures in found:
        print("\n".join(rows_of(case, figures)))
    print("\n| log | time | events/s recorded | ms a list, p50 / p99 |\n| --- | --- | --- | --- |")
    for case, figures in found:
        print(cost_of(case, figures))


if __name__ == "__main__":
    main()
