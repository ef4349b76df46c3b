"""Single events over HTTP on one worker, as a ratio to a FastAPI route with the same body that answers at once.

    .venv/bin/python -m benchmarks.ingest [--seconds 8] [--rounds 3] [--json FILE]

The two workers take turns under wrk (Debian's package) in the same run, real Redis with AOF always behind the service;
the middle of the rounds' ratios counts, their spread is printed. Keys are set, and events are sent by the write key, so
that all limits of senders are counted; they are set too high to be reached. The items stand in the catalogue.
"""

import argparse
import asyncio
import statistics
import sys
from pathlib import Path

from benchmarks.private_redis import SAVED, private_redis
from benchmarks.results import keep, print_spread
from benchmarks.worker import NOOP, worker
from benchmarks.wrk import requests_per_s, require_wrk
from service.bootstrap import open_recommender
from service.model import Item
from service.settings import Settings

GATE = 1.0
CONNECTIONS = 256
ITEMS = 5_000
SCRIPT = Path(__file__).with_name("events.wrk.lua")
KEYS = {
    f"TANDEM_{kind}_KEYS": f"benchmark-{kind.lower()}-key" for kind in ("WRITE", "SERVER", "ADMIN")
}
LIMITS = {
    f"TANDEM_{name}_PER_MINUTE": "10000000"
    for name in ("EVENTS_PER_ADDRESS", "EVENTS_PER_KEY", "NEW_USERS_PER_KEY")
}


async def stock(url: str) -> None:
    """Puts the items that the events name into the catalogue."""
    async with open_recommender(Settings(redis_url=url)) as tandem:
        await tandem.recommender.put_items([Item(f"i{number}") for number in range(ITEMS)])


def run(seconds: int, rounds: int) -> dict[str, list[float]]:
    figures: dict[str, list[float]] = {"events_per_s": [], "noop_per_s": [], "ratio": []}
    with private_redis(*SAVED) as url:
        asyncio.run(stock(url))
        environment = {"TANDEM_REDIS_URL": url, "TANDEM_REBUILD_INTERVAL_S": "0", **KEYS, **LIMITS}
        service = worker("web.app:app_from_environment", environment)
        with service as address, worker(NOOP, {}) as noop_address:
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
