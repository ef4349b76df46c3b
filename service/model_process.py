"""Models are built in a process of their own, so that no request waits for the mathematics.

`python -m service.model_process` is that process: what to build comes as a line of JSON on its standard input, and it
writes each step as a line "PHASE DONE MORE". It ends with whoever started it: when its standard input ends.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import threading
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from service.model_building import ModelBuilder, Order, Step
from service.settings import Settings
from store.connection import Calls, open_client
from store.keys import Keys
from store.models import ModelStore
from store.script import load_scripts

NICENESS = 10  # requests come first
WRITING_SHARE = 0.2  # and Redis is theirs most of the time
_CODE = Path(__file__).parents[1]


class BuildFailed(Exception):
    """The message is the last line that the process said."""


async def build_apart(settings: Settings, order: Order) -> AsyncGenerator[Step, None]:
    """As ModelBuilder.build, in a process that ends when this is left. Raises BuildFailed."""
    task = {
        "redis_url": settings.redis_url,
        "keys": {"prefix": settings.key_prefix, "partitions": settings.partitions},
        "generation_ms": settings.event_ttl_s * 1000,
        "order": asdict(order),
    }
    async with _process() as process:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise BuildFailed("the process has no pipes")
        said = asyncio.create_task(process.stderr.read())
        process.stdin.write(json.dumps(task).encode() + b"\n")
        async for line in process.stdout:
            phase, done, more = line.decode().split()
            yield Step(phase, int(done), int(more))
        if await process.wait():
            lines = (await said).decode().strip().splitlines()
            raise BuildFailed(lines[-1] if lines else f"exit code {process.returncode}")


@asynccontextmanager
async def _process() -> AsyncIterator[Process]:
    """The process, with the same code as here wherever this one was started; gone at the end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "service.model_process"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(_CODE)},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _build(task: Mapping[str, Any]) -> None:
    client = open_client(task["redis_url"])
    try:
        scripts = await load_scripts(client)
        calls, keys = Calls(random.Random()), Keys(**task["keys"])
        store = ModelStore(client, keys, scripts, calls, task["generation_ms"])
        builder = ModelBuilder(store, Order(**task["order"]), WRITING_SHARE)
        async with aclosing(builder.build()) as steps:
            async for step in steps:
                sys.stdout.write(f"{step.phase} {step.done} {step.more}\n")
                sys.stdout.flush()
    finally:
        await client.aclose()


def _end_with_parent() -> None:
    """A worker that is killed cannot say so; but its end of the pipe closes."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    os.nice(NICENESS)
    task = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    asyncio.run(_build(task))
