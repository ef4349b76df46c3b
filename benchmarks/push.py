"""From an event to the list on a browser's socket: real Redis with AOF always, load from here.

    .venv/bin/python -m benchmarks.push [--workers 1] [--sockets 200] [--rate 200] [--seconds 20] [--strategy balanced]
                                        [--json FILE]

Each connected user's own acts are posted over HTTP at a fixed rate (open loop), spread evenly over the users; of more
workers, to another than holds the user's socket. Timed from before the POST is sent until the socket has the list that
names this event as its cause. Before that come 15 s of the same load, in which the workers meet the catalogue and the
first models are built. What the workers spend is with the event, its list, its push, and their share of the
refreshes for others' acts. The gates are for the arguments as they stand here.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import numpy as np
import socketio
from aiohttp import ClientSession

from benchmarks.load import Load, body, send
from benchmarks.posting import Poster
from benchmarks.private_redis import SAVED, private_redis
from benchmarks.results import keep
from benchmarks.worker import worker_process
from service.strategies import BUILT_IN, DEFAULT

GATE_P50_MS, GATE_P99_MS = 5.0, 25.0
WARM_UP_S = 15
LAST_PUSH_S = 2.0
HISTORY_EVENTS = 20_000


@dataclass(slots=True)
class Pushes:
    """When each event was sent, and when the push that it caused arrived."""

    name: str = "e"
    sent: dict[str, float] = field(default_factory=dict)
    latency_ms: dict[str, float] = field(default_factory=dict)
    received: int = 0

    def on_recommendations(self, payload: dict[str, Any]) -> None:
        self.received += 1
        cause = payload.get("changed_by")
        event_id = cause["event_id"] if cause else ""
        if event_id in self.sent and event_id not in self.latency_ms:
            self.latency_ms[event_id] = (time.perf_counter() - self.sent[event_id]) * 1000


async def connect(
    address: str, user: str, pushes: Pushes, http: ClientSession
) -> socketio.AsyncClient:
    client = socketio.AsyncClient(reconnection=False, http_session=http)
    client.on("recommendations", pushes.on_recommendations)
    await client.connect(address, auth={"user_id": user}, transports=["websocket"])
    return client


async def post(worker: Poster, event: dict[str, str], pushes: Pushes) -> None:
    pushes.sent[event["event_id"]] = time.perf_counter()
    status = await worker.post("/event", event)
    if status not in (200, 202):
        sys.exit(f"POST /event answered {status}")


async def act(
    workers: Sequence[Poster],
    users: list[str],
    load: Load,
    pushes: Pushes,
    count: int,
    rate: int,
) -> None:
    """Open loop: each act is sent at its time, whether or not earlier ones are answered."""
    running: set[asyncio.Task[None]] = set()
    began = time.perf_counter()
    for n, drawn in enumerate(load.events(count)):
        await asyncio.sleep(max(0.0, began + n / rate - time.perf_counter()))
        user, event_id = users[n % len(users)], f"{pushes.name}{n}"
        worker = workers[(n % len(users) + 1) % len(workers)]
        event = {"user_id": user, "item_id": drawn.item_id, "type": "view", "event_id": event_id}
        task = asyncio.create_task(post(worker, event, pushes))
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.gather(*running)


def cpu_s(processes: Sequence[int]) -> float:
    """Processor time that they have used so far."""
    ticks = 0
    for process in processes:
        after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += int(after_name[11]) + int(after_name[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def run(
    addresses: Sequence[str], processes: Sequence[int], sockets: int, rate: int, seconds: int
) -> dict[str, float]:
    load = Load(np.random.default_rng(11))
    users = [f"b{n}" for n in range(sockets)]
    connector = aiohttp.TCPConnector(limit=0)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(ClientSession(connector=connector))
        await send(http, addresses[0], [*map(body, load.events(HISTORY_EVENTS))])
        pushes = Pushes()
        clients = [
            await connect(addresses[n % len(addresses)], user, pushes, http)
            for n, user in enumerate(users)
        ]
        workers = [await stack.enter_async_context(Poster(address)) for address in addresses]
        await act(workers, users, load, Pushes("warm"), WARM_UP_S * rate, rate)
        count, before_s = seconds * rate, cpu_s(processes)
        await act(workers, users, load, pushes, count, rate)
        await asyncio.sleep(LAST_PUSH_S)
        used_s = cpu_s(processes) - before_s
        for client in clients:
            await client.disconnect()
    p50, p90, p99 = np.percentile(list(pushes.latency_ms.values()), (50, 90, 99)).tolist()
    return {
        "events": count,
        "pushed": len(pushes.latency_ms),
        "received": pushes.received,
        "p50_ms": p50,
        "p90_ms": p90,
        "p99_ms": p99,
        "worker_us_an_event": 1e6 * used_s / count,
    }


def as_default(name: str, folder: Path) -> Path:
    """A file that puts a built-in strategy in the default one's place: sockets get the default."""
    strategy = BUILT_IN[name]
    written = {
        "name": DEFAULT,
        "sources": sorted(strategy.sources),
        "weights": dict(strategy.weights),
    }
    file = folder / "default.json"
    file.write_text(json.dumps(written))
    return file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--strategy", choices=sorted(BUILT_IN), default=DEFAULT)
    parser.add_argument("--sockets", type=int, default=200)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        url = stack.enter_context(private_redis(*SAVED))
        environment = {
            "TANDEM_REDIS_URL": url,
            "TANDEM_MAX_SOCKETS_PER_IP": "10000",
            "TANDEM_STRATEGIES": str(as_default(arguments.strategy, folder)),
        }
        workers = [
            stack.enter_context(worker_process("web.app:app_from_environment", environment))
            for _ in range(arguments.workers)
        ]
        addresses = [address for address, _ in workers]
        processes = [process.pid for _, process in workers]
        figures = asyncio.run(
            run(addresses, processes, arguments.sockets, arguments.rate, arguments.seconds)
        )
    keep(arguments.json, "push", figures)
    print(*(f"{name} {value:.4g}" for name, value in figures.items()), sep="   ")
    quick = figures["p50_ms"] <= GATE_P50_MS and figures["p99_ms"] <= GATE_P99_MS
    passed = quick and figures["pushed"] == figures["events"]
    print(f"gate p50 {GATE_P50_MS} ms, p99 {GATE_P99_MS} ms: {'pass' if passed else 'FAIL'}")
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
