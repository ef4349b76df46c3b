"""All benchmarks one after another, each figure beside its gate: what `scripts/bench` runs.

A gate that is missed is no failure: whoever reads the figures knows how busy the machine was.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figures import BENCHMARKS, Benchmark
from benchmarks.results import machine


def report(rows: Sequence[tuple[str, ...]], quick: bool) -> str:
    """A Markdown table of all figures."""
    size = "small parameters" if quick else "full parameters"
    heads = (("figure", "measured", "gate", ""), ("---", "---:", "---:", "---"))
    table = "\n".join(f"| {' | '.join(row)} |" for row in (*heads, *rows))
    return f"Measured on {machine()}, with {size}.\n\n{table}\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.splitlines()[0])
    names = [benchmark.name for benchmark in BENCHMARKS]
    parser.add_argument("only", nargs="*", metavar="NAME", help=f"of: {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help="small parameters")
    parser.add_argument(
        "--out", type=Path, default=Path("build/bench"), help="folder of the figures"
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.only) - set(names):
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(names)}")
    if shutil.which("redis-server") is None:
        sys.exit("scripts/bench: redis-server is not on PATH")
    arguments.out.mkdir(parents=True, exist_ok=True)
    chosen = [b for b in BENCHMARKS if not arguments.only or b.name in arguments.only]
    sys.exit(run_all(chosen, arguments.out, arguments.quick))


def run_all(chosen: Sequence[Benchmark], out: Path, quick: bool) -> int:
    """Runs them and writes figures.md. The number of those that could not run."""
    rows: list[tuple[str, ...]] = []
    failed = []
    for benchmark in chosen:
        if lacking := benchmark.lacks():
            print(f"== {benchmark.name}: skipped, {lacking}", flush=True)
            continue
        print(f"== {benchmark.name}", flush=True)
        measured = benchmark.run(out, quick)
        if measured is None:
            failed.append(benchmark.name)
        rows += measured or ()
    text = report(rows, quick)
    (out / "figures.md").write_text(text)
    print(f"\n{text}")
    for name in failed:
        print(f"scripts/bench: {name} could not run, see above", file=sys.stderr)
    return len(failed)


if __name__ == "__main__":
    main()
