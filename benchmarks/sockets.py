"""Ten thousand browsers on one machine over two workers, real Redis with AOF always: memory, pushes, a worker's death.

    .venv/bin/python -m benchmarks.sockets [--sockets 10000] [--rate 200] [--json FILE]

Each browser is another user's, connects by WebSocket, and comes back after a lost connection as socket.io-client does.
Every user acts once, at that rate. Then one worker is killed and, some seconds later, started again, while users go on
acting through the other.
"""

import argparse
import asyncio
import random
import resource
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from aiohttp import ClientSession

from benchmarks.load import Load, body, send
from benchmarks.private_redis import SAVED, free_port, private_redis
from benchmarks.results import end_with, keep
from tests.faults.acts import Acts, Tally
from tests.faults.crowded import CROWDED
from tests.faults.screens import Screens, one_screen_each, quantile_s
from tests.fleet import WorkerProcess, running_worker

GATE_KB, GATE_BACK_S = 60.0, 30.0
HISTORY_EVENTS = 50_000
SETTLE_S = 30.0
DEAD_S = 3.0
ACTING_S = 10.0  # from the death on
POLL_S = 0.1


def resident_kb(workers: Sequence[WorkerProcess]) -> list[int]:
    """Memory of each worker, in kB."""
    found = []
    for worker in workers:
        lines = Path(f"/proc/{worker.process.pid}/status").read_text().splitlines()
        found += [int(line.split()[1]) for line in lines if line.startswith("VmRSS:")]
    return found


async def users_act(
    users: Sequence[str], urls: Sequence[str], rate: float, screens: Screens, seconds: float
) -> Tally:
    """One after another, at that rate."""
    acts = Acts(users, urls, screens.acted, random.Random(5))
    async with acts.going_on(rate):
        await asyncio.sleep(seconds)
    return acts.tally


async def until_s(since_s: float, reached: Callable[[], bool], what: str) -> float:
    """How long after that moment it is so."""
    while not reached():
        if time.monotonic() - since_s > 10 * GATE_BACK_S:
            sys.exit(f"{what}: not so for {10 * GATE_BACK_S:g} s")
        await asyncio.sleep(POLL_S)
    return time.monotonic() - since_s


async def run(
    folder: Path, stack: ExitStack, url: str, sockets: int, rate: float
) -> dict[str, float]:
    ports = (free_port(), free_port())

    def start(port: int, name: str) -> WorkerProcess:
        return stack.enter_context(
            running_worker(folder, name, port=port, redis_url=url, max_sockets=100_000, **CROWDED)
        )

    workers = [start(port, f"api-{n}") for n, port in enumerate(ports)]
    urls = [worker.url for worker in workers]
    async with ClientSession() as http:
        load = Load(np.random.default_rng(11))
        await send(http, urls[0], [body(event) for event in load.events(HISTORY_EVENTS)])
    users = [f"s{n}" for n in range(sockets)]
    screens = one_screen_each(users, random.Random(4))
    before_kb, began_s = resident_kb(workers), time.monotonic()
    async with screens.watching(urls):
        connected_s = time.monotonic() - began_s
        idle_kb = resident_kb(workers)
        acts = await users_act(users, urls, rate, screens, sockets / rate)
        await screens.settle(SETTLE_S)
        pushed, not_pushed = [*screens.shown], screens.behind()
        full_kb = resident_kb(workers)
        workers[0].process.kill()
        killed_s = time.monotonic()
        acting = asyncio.create_task(users_act(users, urls[1:], rate, screens, ACTING_S))
        await asyncio.sleep(DEAD_S)
        await asyncio.to_thread(start, ports[0], "api-0-again")
        connected_again_s = await until_s(
            killed_s, lambda: screens.connected == sockets, "all are connected again"
        )
        acts_meanwhile = await acting
        current_s = await until_s(
            killed_s, lambda: not screens.behind(), "all show what was acknowledged"
        )
    return {
        "sockets": sockets,
        "connected_per_s": sockets / connected_s,
        "kb_a_socket": (sum(idle_kb) - sum(before_kb)) / sockets,
        "kb_a_socket_after_a_push": (sum(full_kb) - sum(before_kb)) / sockets,
        "pushed": len(pushed),
        "not_pushed": not_pushed,
        "push_p50_ms": 1000 * quantile_s(pushed, 0.5),
        "push_p99_ms": 1000 * quantile_s(pushed, 0.99),
        "acts_without_the_worker": acts_meanwhile.sent,
        "tried_again_without_the_worker": acts_meanwhile.failed,
        "failed_requests": acts.failed,
        "all_connected_again_s": connected_again_s,
        "all_current_s": current_s,
    }


def missed(figures: dict[str, float]) -> list[str]:
    """Which gates."""
    found = [
        f"{name} {figures[name]:g}" for name in ("not_pushed", "failed_requests") if figures[name]
    ]
    if figures["kb_a_socket_after_a_push"] > GATE_KB:
        found.append(f"over {GATE_KB:g} kB a socket")
    if figures["all_current_s"] > GATE_BACK_S:
        found.append(f"not all back and current within {GATE_BACK_S:g} s")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sockets", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # the workers inherit it
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        url = stack.enter_context(private_redis(*SAVED))
        figures = asyncio.run(run(folder, stack, url, arguments.sockets, arguments.rate))
    keep(arguments.json, "sockets", figures)
    print(*(f"{name} {value:.4g}" for name, value in figures.items()), sep="   ")
    end_with(missed(figures))


if __name__ == "__main__":
    main()
