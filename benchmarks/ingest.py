"""Single events over HTTP on one worker, as a ratio to a FastAPI route with the same body that answers at once.

    .venv/bin/python -m benchmarks.ingest [--seconds 8] [--rounds 3] [--json FILE]

The two workers take turns under wrk (Debian's package) in the same run, real Redis with AOF always behind the service;
the middle of the rounds' ratios counts, their spread is printed.
"""

import argparse
import statistics
import sys
from pathlib import Path

from benchmarks.private_redis import SAVED, private_redis
from benchmarks.results import keep, print_spread
from benchmarks.worker import worker
from benchmarks.wrk import requests_per_s, require_wrk

GATE = 1.0
CONNECTIONS = 256
SCRIPT = Path(__file__).with_name("events.wrk.lua")


def run(seconds: int, rounds: int) -> dict[str, list[float]]:
    figures: dict[str, list[float]] = {"events_per_s": [], "noop_per_s": [], "ratio": []}
    with private_redis(*SAVED) as url:
        service = worker("web.app:app_from_environment", {"TANDEM_REDIS_URL": url})
        with service as address, worker("benchmarks.noop:create", {}) as noop_address:
            for _ in range(rounds):
                noop = requests_per_s(noop_address, seconds, CONNECTIONS, SCRIPT)
                events = requests_per_s(address, seconds, CONNECTIONS, SCRIPT)
                figures["noop_per_s"].append(noop)
                figures["events_per_s"].append(events)
                figures["ratio"].append(events / noop)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    require_wrk()
    figures = run(arguments.seconds, arguments.rounds)
    keep(arguments.json, "ingest", figures)
    print_spread(figures)
    passed = statistics.median(figures["ratio"]) >= GATE
    print(f"gate: at least {GATE} x: {'pass' if passed else 'FAIL'}")
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
