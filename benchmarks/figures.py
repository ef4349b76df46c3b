"""The benchmarks, what they measure, and the gates."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import (
    batches,
    demo_page,
    growth,
    ingest,
    mark,
    near_cache,
    push,
    rebuild,
    recommend,
    record,
    sockets,
)

DIGINETICA = Path("../shared/data/diginetica")
TRAIN, TEST = DIGINETICA / "train.tsv.gz", DIGINETICA / "test_pairs.jsonl.gz"
HIT_RATE_GATE = 0.51


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a benchmark's JSON; within its gate when not above it, or not below `at_least`."""

    name: str
    value: Callable[[Any], float]
    gate: float
    at_least: bool = False

    def row(self, figures: object) -> tuple[str, str, str, str]:
        value = self.value(figures)
        within = value >= self.gate if self.at_least else value <= self.gate
        sign = "≥" if self.at_least else "≤"
        return self.name, f"{value:.4g}", f"{sign} {self.gate:g}", "pass" if within else "MISSED"


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What to run, what it cannot run without, and what to read from its JSON."""

    name: str
    command: tuple[str, ...]
    full: tuple[str, ...]
    quick: tuple[str, ...]
    figures: tuple[Figure, ...]
    program: str = "redis-server"
    data: Path = Path()

    def lacks(self) -> str:
        """The program or file that is missing; empty if none is."""
        if shutil.which(self.program) is None:
            return f"{self.program} is not on PATH"
        return "" if self.data.exists() else f"{self.data} is not there"

    def run(self, out: Path, quick: bool) -> list[tuple[str, str, str, str]] | None:
        """The rows of its figures; None if it wrote none. It prints what it has to say itself."""
        written = out / f"{self.name}.json"
        written.unlink(missing_ok=True)
        size = self.quick if quick else self.full
        subprocess.run([sys.executable, "-m", *self.command, *size, "--json", str(written)])
        if not written.exists():
            return None
        kept = json.loads(written.read_text())
        figures = kept.get("figures", kept)  # `tandem evaluate` has a form of its own
        return [figure.row(figures) for figure in self.figures]


def _worst(figures: dict[str, list[dict[str, float]]], key: str, partitions: str = "1") -> float:
    return max(worker[key] for worker in figures[partitions])


def _warm(key: str, strategy: str, figures: dict[str, dict[str, float]]) -> float:
    return figures[f"{strategy}, 5 recent, warm"][key]


def _push_from_two_workers(strategy: str) -> Benchmark:
    size = ("--workers", "2", "--strategy", strategy)
    what = f"event to push, `{strategy}`, two workers"
    return Benchmark(
        f"push_{strategy}",
        ("benchmarks.push", *size),
        ("--sockets", "1000", "--rate", "500"),
        ("--sockets", "50", "--rate", "100", "--seconds", "5"),
        (
            Figure(
                f"{what}: pushed, of all", lambda f: f["pushed"] / f["events"], 1, at_least=True
            ),
            Figure(f"{what}: p50, ms", lambda f: f["p50_ms"], 6),
            Figure(f"{what}: p99, ms", lambda f: f["p99_ms"], 40),
        ),
    )


BENCHMARKS = (
    Benchmark(
        "record",
        ("benchmarks.record", "--data", str(TRAIN)),
        (),
        ("--events", "300000"),
        (
            Figure(
                "Redis time of a view of real clicks, µs",
                lambda f: f["views"]["us_per_event"],
                record.VIEW_GATE_US,
            ),
            Figure(
                "memory of such a view, with its id, bytes",
                lambda f: f["views"]["bytes_per_event"],
                record.MEMORY_GATE_BYTES,
            ),
            Figure(
                "Redis time of a purchase in a basket of 50, µs",
                lambda f: f["purchases in 50-item baskets"]["us_per_event"],
                record.PURCHASE_GATE_US,
            ),
        ),
        data=TRAIN,
    ),
    Benchmark(
        "near_cache",
        ("benchmarks.near_cache",),
        (),
        ("--seconds", "5"),
        (
            Figure(
                "refreshes, share of a core",
                lambda f: _worst(f, "core_share"),
                near_cache.GATE_SHARE,
            ),
            Figure(
                "acts not visible at once",
                lambda f: max(_worst(f, "invisible_acts", n) for n in f),
                0,
            ),
        ),
    ),
    Benchmark(
        "push",
        ("benchmarks.push",),
        (),
        ("--sockets", "50", "--rate", "100", "--seconds", "5"),
        (
            Figure("event to push, p50, ms", lambda f: f["p50_ms"], push.GATE_P50_MS),
            Figure("event to push, p99, ms", lambda f: f["p99_ms"], push.GATE_P99_MS),
        ),
    ),
    _push_from_two_workers("balanced"),
    _push_from_two_workers("fast"),
    Benchmark(
        "rebuild",
        ("benchmarks.rebuild",),
        (),
        ("--events", "20000", "--seconds", "5"),
        (
            Figure("lists during a rebuild, p99, ms", lambda f: f["p99_ms"], rebuild.GATE_P99_MS),
            Figure("that, of p99 without one, times", lambda f: f["ratio"], rebuild.GATE_RATIO),
        ),
    ),
    Benchmark(
        "ingest",
        ("benchmarks.ingest",),
        (),
        ("--seconds", "3", "--rounds", "1"),
        (
            Figure(
                "events over HTTP, of what an empty route does",
                lambda f: median(f["ratio"]),
                ingest.GATE,
                at_least=True,
            ),
        ),
        program="wrk",
    ),
    Benchmark(
        "batches",
        ("benchmarks.batches",),
        (),
        ("--seconds", "2", "--rounds", "1"),
        (
            Figure(
                "events in batches of 100 over HTTP, of what the record script takes",
                lambda f: median(f["ratio"]),
                batches.GATE_RATIO,
                at_least=True,
            ),
            Figure(
                "events a second that one core of Redis records",
                lambda f: median(f["core_per_s"]),
                batches.GATE_CORE_PER_S,
                at_least=True,
            ),
        ),
        program="wrk",
    ),
    Benchmark(
        "recommend",
        ("benchmarks.recommend",),
        (),
        ("--seconds", "3", "--rounds", "1", "--recent", "5"),
        (
            *(
                Figure(
                    f"lists of `{strategy}` over HTTP, without reasons, of what an empty route does",
                    partial(_warm, "ratio", strategy),
                    gate,
                    at_least=True,
                )
                for strategy, gate in recommend.GATES.items()
            ),
            Figure(
                "a list at half the greatest rate, p99, ms",
                partial(_warm, "p99_at_half_ms", "balanced"),
                recommend.GATE_P99_MS,
            ),
        ),
        program="wrk",
    ),
    Benchmark(
        "mark",
        ("benchmarks.mark",),
        (),
        ("--seconds", "2", "--rates", "200,1200"),
        (
            Figure(
                "lists a second at a p90 of 7 ms, two workers, with events, best strategy",
                mark.best_of_all,
                mark.MARK_PER_S,
                at_least=True,
            ),
        ),
        program="wrk",
    ),
    Benchmark("items", ("benchmarks.items",), (), ("--items", "2000"), ()),
    Benchmark("profile", ("benchmarks.profile",), (), ("--seconds", "2"), (), program="wrk"),
    Benchmark(
        "sockets",
        ("benchmarks.sockets",),
        (),
        ("--sockets", "1000"),
        (
            Figure(
                "memory of a socket, kB", lambda f: f["kb_a_socket_after_a_push"], sockets.GATE_KB
            ),
            Figure("sockets without their push", lambda f: f["not_pushed"], 0),
            Figure(
                "all back and current after a worker's death, s",
                lambda f: f["all_current_s"],
                sockets.GATE_BACK_S,
            ),
        ),
    ),
    Benchmark(
        "growth",
        ("benchmarks.growth",),
        (),
        ("--sizes", "2000:20000,20000:200000"),
        (
            Figure(
                "a list in the largest shop, of one in the smallest",
                lambda f: f["warm_list_ms_ratio"],
                growth.GATE_LIST,
            ),
            Figure(
                "recording there, of recording here",
                lambda f: f["record_us_ratio"],
                growth.GATE_RECORD,
            ),
            Figure(
                "memory of an event, bytes",
                lambda f: f["sizes"][-1]["bytes_an_event"],
                growth.GATE_BYTES,
            ),
            Figure(
                "memory after the last day, of that half-way",
                lambda f: f["plateau"]["last_to_middle"],
                growth.GATE_PLATEAU,
            ),
        ),
    ),
    Benchmark(
        "demo_page",
        ("benchmarks.demo_page",),
        (),
        ("--acts", "40", "--minutes", "0.3"),
        (
            Figure("first list, ms", lambda f: f["first_list_ms"], demo_page.FIRST_LIST_GATE_MS),
            Figure(
                "click to paint, p50, ms",
                lambda f: f["click_to_paint_ms"]["p50"],
                demo_page.CLICK_GATE_MS,
            ),
            Figure("page on the wire, bytes", lambda f: f["page_bytes"], demo_page.PAGE_GATE_BYTES),
            Figure(
                "growth of JS heap or worker, last third above the middle one",
                lambda f: max(f["js_heap_growth"], f["worker_rss_growth"]),
                demo_page.GROWTH_GATE,
            ),
        ),
        program="chromium",
    ),
    Benchmark(
        "evaluate",
        (
            *("web.cli", "evaluate", "--protocol", "next-item", "--input", "srgnn"),
            *("--train", str(TRAIN), "--test", str(TEST), "--seed", "1"),
        ),
        (),
        ("--sample", "2000"),
        (Figure("hit rate at 20, Diginetica", lambda f: f["hr@20"], HIT_RATE_GATE, at_least=True),),
        data=TEST,
    ),
)
