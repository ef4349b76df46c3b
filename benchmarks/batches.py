"""Batches of a hundred events over HTTP on one worker, as a ratio to the record script driven directly.

    .venv/bin/python -m benchmarks.batches [--seconds 6] [--rounds 3] [--json FILE]

Directly: calls of 64 events, as the service groups them, packed beforehand and sent over one connection, the next ones
before the first is answered, by a process that does nothing else. Both take turns on real Redis with AOF always, each
on a server of its own, with the same users, items and settings; the middle of the rounds' ratios counts.
"""

import argparse
import asyncio
import socket
import statistics
import sys
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import hiredis
import numpy as np
from redis import Redis as SyncRedis
from redis.asyncio import Redis

from benchmarks.private_redis import SAVED, private_redis
from benchmarks.results import end_with, keep, print_spread
from benchmarks.worker import worker
from benchmarks.wrk import requests_per_s, require_wrk
from store.events import DEFAULT_EVENT_TYPES, Event, Outcome, type_table
from store.keys import Keys
from store.recording import EventStore, Limits
from store.script import Script, load_scripts

GATE_RATIO, GATE_CORE_PER_S = 0.7, 12_500
BATCH, GROUP, AHEAD = 100, 64, 4
CONNECTIONS = 16
USERS, ITEMS = 20_000, 5_000
#: Events packed beforehand for each second of a round: more than any server takes.
PACKED_PER_S = 25_000
SCRIPT = Path(__file__).with_name("batches.wrk.lua")


class Packed(Script):
    """In the record script's place: keeps the bytes of each call, and answers that every event is new."""

    def __init__(self, real: Script) -> None:
        super().__init__(real._redis, real.text)
        self.calls: list[bytes] = []

    async def run(self, key: str, arguments: Sequence[str | int]) -> Any:
        command: Any = ("EVALSHA", self.digest, 1, key, *arguments)
        self.calls.append(hiredis.pack_command(command))
        return [int(Outcome.NEW), 1] * GROUP


async def pack(url: str, events: int, round_: int) -> list[bytes]:
    """The calls that record so many events, new ones in each round."""
    redis = Redis.from_url(url, decode_responses=True)
    scripts = await load_scripts(redis)
    await redis.script_load(scripts.record.text)
    packed = scripts.record = Packed(scripts.record)
    store = EventStore(redis, Keys(), Limits(), type_table(DEFAULT_EVENT_TYPES), scripts)
    rng, now_ms = np.random.default_rng(round_), int(time.time() * 1000)
    users = rng.integers(1, USERS + 1, events).tolist()
    items = (ITEMS * rng.random(events) ** 3).astype(int).tolist()
    drawn = (
        Event(f"u{user}", f"i{item}", "view", f"{round_}-{n:x}", "k3xv09Qa", now_ms, now_ms)
        for n, (user, item) in enumerate(zip(users, items, strict=True))
    )
    while len(group := list(islice(drawn, GROUP))) == GROUP:
        await store.record(group)
    await redis.aclose()
    return packed.calls


def directly_per_s(url: str, calls: list[bytes], seconds: float) -> float:
    """Events a second, for so long or until the calls are used up."""
    address, reader, answered = urlsplit(url), hiredis.Reader(), 0
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(b"".join(calls[:AHEAD]))
        began_s = time.perf_counter()
        for following in calls[AHEAD:]:
            while (answer := reader.gets()) is False:
                reader.feed(connection.recv(65_536))
            if isinstance(answer, Exception):
                raise answer
            if any(answer[::2]):
                sys.exit(f"the script did not take every event: {answer}")
            answered += 1
            if time.perf_counter() - began_s > seconds:
                break
            connection.sendall(following)
        return answered * GROUP / (time.perf_counter() - began_s)


def core_per_s(url: str) -> float:
    """How many events a second Redis would record if it did nothing else, by its own clock."""
    with SyncRedis.from_url(url, decode_responses=True) as redis:
        found = redis.info("commandstats")["cmdstat_evalsha"]
    return float(1e6 * GROUP * found["calls"] / found["usec"])


def run(seconds: int, rounds: int) -> dict[str, list[float]]:
    figures: dict[str, list[float]] = {
        name: [] for name in ("events_per_s", "directly_per_s", "ratio", "core_per_s")
    }
    with (
        private_redis(*SAVED) as behind,
        private_redis(*SAVED) as bare,
        worker("web.app:app_from_environment", {"TANDEM_REDIS_URL": behind}) as address,
    ):
        for round_ in range(rounds):
            calls = asyncio.run(pack(bare, PACKED_PER_S * seconds, round_))
            with SyncRedis.from_url(bare) as redis:
                redis.config_resetstat()
            directly = directly_per_s(bare, calls, seconds)
            batches = BATCH * requests_per_s(address, seconds, CONNECTIONS, SCRIPT)
            figures["directly_per_s"].append(directly)
            figures["events_per_s"].append(batches)
            figures["ratio"].append(batches / directly)
            figures["core_per_s"].append(core_per_s(bare))
    return figures


def missed(figures: dict[str, list[float]]) -> list[str]:
    """Which gates."""
    gates = (("ratio", GATE_RATIO), ("core_per_s", GATE_CORE_PER_S))
    middles = [(name, statistics.median(figures[name]), gate) for name, gate in gates]
    return [f"{name} {value:.3g}, not {gate:g}" for name, value, gate in middles if value < gate]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    require_wrk()
    figures = run(arguments.seconds, arguments.rounds)
    keep(arguments.json, "batches", figures)
    print_spread(figures)
    end_with(missed(figures))


if __name__ == "__main__":
    main()
