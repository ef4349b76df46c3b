"""The steps of docs/backup.md, as they stand there: each key comes back with its value and its end."""

import asyncio
import os
import random
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from store.events import DEFAULT_EVENT_TYPES, Event, type_table
from store.keys import Keys
from store.recording import EventStore, Limits
from store.script import load_scripts
from tests.redis_server import free_port, running_redis_server
from tests.store.dump import dump

PROMISES = "T22"
WHAT = (
    "docs/backup.md, step by step: backup of a running Redis, restored into an empty folder from the "
    "append-only file and from the snapshot; all keys compared by a digest of value and expiry"
)

EVENTS = 200_000
SEED = 22
PER_CALL = 50
PAGE = Path(__file__).parents[3] / "docs" / "backup.md"
GIB = 2**30
TYPES = tuple(kind.name for kind in DEFAULT_EVENT_TYPES)


def measure(scale: float) -> Mapping[str, float]:
    """Backs a shop up, and restores it in both ways."""
    _, backup, _, from_file, from_snapshot = shell_blocks(PAGE.read_text())
    with TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "data").mkdir()
        with running_redis_server(folder / "data") as server:
            asyncio.run(_fill(server.url, round(EVENTS * scale)))
            named = {
                "cli": f"redis-cli -p {server.port}",
                "data": str(folder / "data"),
                "backup": str(folder / "backup"),
            }
            backup_s = _run(backup, named)
            held = digests(server.url)
        size = sum(file.stat().st_size for file in (folder / "backup").rglob("*") if file.is_file())
        found = [
            _restored(steps, named | {"new": str(folder / name)})
            for name, steps in (("file", from_file), ("snapshot", from_snapshot))
        ]
    (file_s, from_file_held), (snapshot_s, from_snapshot_held) = found
    return {
        "keys": len(held),
        "megabytes": round(size / 2**20, 1),
        "backup_s": round(backup_s, 1),
        "restore_s_from_aof": round(file_s, 1),
        "restore_s_from_snapshot": round(snapshot_s, 1),
        "restore_s_per_gib": round(file_s / size * GIB, 1),
        "differences_from_aof": _differences(held, from_file_held),
        "differences_from_snapshot": _differences(held, from_snapshot_held),
    }


def problems(figures: Mapping[str, float]) -> list[str]:
    """Keys that did not come back as they were."""
    names = ("differences_from_aof", "differences_from_snapshot")
    found = [f"{figures[name]:g} {name.replace('_', ' ')}" for name in names if figures[name]]
    return found if figures["keys"] else ["there was nothing to restore"]


def shell_blocks(page: str) -> list[str]:
    """The commands of each block, in their order."""
    return [part.split("```")[0] for part in page.split("```sh\n")[1:]]


def digests(url: str) -> Mapping[str, str]:
    """By key: of its value and of the moment (ms) at which it ends."""
    with Redis.from_url(url, decode_responses=True) as redis:
        values = dump(redis, "")
        with redis.pipeline(transaction=False) as pipe:
            for key in values:
                pipe.pexpiretime(key)
            ends = pipe.execute()
    return {
        key: sha256(repr((_sorted(value), end)).encode()).hexdigest()
        for (key, value), end in zip(values.items(), ends, strict=True)
    }


def _sorted(value: object) -> object:
    return sorted(value.items()) if isinstance(value, dict) else value


def _differences(held: Mapping[str, str], found: Mapping[str, str]) -> int:
    return sum(held.get(key) != found.get(key) for key in held.keys() | found.keys())


def _run(steps: str, named: Mapping[str, str]) -> float:
    """Runs them as they stand, with these variables; in how many s."""
    began = time.monotonic()
    subprocess.run(
        ["bash", "-c", steps], env={**os.environ, **named}, check=True, stdout=subprocess.DEVNULL
    )
    return time.monotonic() - began


def _restored(steps: str, named: Mapping[str, str]) -> tuple[float, Mapping[str, str]]:
    """In how many s the restored Redis answered, and what it holds."""
    port = free_port()
    with _ended(port):
        took_s = _run(steps, {**named, "port": str(port)})
        return took_s, digests(f"redis://127.0.0.1:{port}/0")


@contextmanager
def _ended(port: int) -> Iterator[None]:
    try:
        yield
    finally:
        subprocess.run(["redis-cli", "-p", str(port), "SHUTDOWN", "NOSAVE"], check=False)


async def _fill(url: str, events: int) -> None:
    """Acts of many users over some hours, as they come."""
    rng, now_ms = random.Random(SEED), time.time_ns() // 1_000_000
    async with AsyncRedis.from_url(url, decode_responses=True) as redis:
        types = type_table(DEFAULT_EVENT_TYPES)
        store = EventStore(redis, Keys(), Limits(), types, await load_scripts(redis))
        for start in range(0, events, PER_CALL):
            await store.record([_event(rng, n, now_ms) for n in range(start, start + PER_CALL)])


def _event(rng: random.Random, number: int, now_ms: int) -> Event:
    at_ms = now_ms - rng.randrange(1_000_000)
    user, item = f"u{rng.randrange(20_000)}", f"i{rng.randrange(5_000)}"
    return Event(user, item, rng.choice(TYPES), f"e{number}", "sent", at_ms, now_ms)
