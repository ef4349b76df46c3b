"""Models are built in a process of their own, so that no request waits for the mathematics.

`python -m service.model_process` is that process: what to build comes as JSON on its standard input, and it writes the
name of each model that it has switched as a line.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing

from service.model_building import ModelBuilder
from service.settings import Settings
from store.connection import Calls, open_client
from store.keys import Keys
from store.models import ModelStore
from store.script import load_scripts

NICENESS = 10  # requests come first


class BuildFailed(Exception):
    """The message is the last line that the process said."""


async def build_apart(settings: Settings, version: int, now_ms: int) -> AsyncGenerator[str, None]:
    """As ModelBuilder.build, in a process that ends when this is left. Raises BuildFailed."""
    order = {
        "redis_url": settings.redis_url,
        "key_prefix": settings.key_prefix,
        "partitions": settings.partitions,
        "generation_ms": settings.event_ttl_s * 1000,
        "version": version,
        "now_ms": now_ms,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "service.model_process"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise BuildFailed("the process has no pipes")
        process.stdin.write(json.dumps(order).encode() + b"\n")
        await process.stdin.drain()
        said = asyncio.create_task(process.stderr.read())
        async for line in process.stdout:
            yield line.decode().strip()
        if await process.wait():
            lines = (await said).decode().strip().splitlines()
            raise BuildFailed(lines[-1] if lines else f"exit code {process.returncode}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _build(order: dict[str, str | int]) -> None:
    keys = Keys(str(order["key_prefix"]), int(order["partitions"]))
    client = open_client(str(order["redis_url"]))
    try:
        scripts = await load_scripts(client)
        generation_ms = int(order["generation_ms"])
        store = ModelStore(client, keys, scripts, Calls(random.Random()), generation_ms)
        builder = ModelBuilder(store, int(order["version"]), int(order["now_ms"]))
        async with aclosing(builder.build()) as models:
            async for model in models:
                sys.stdout.write(model + "\n")
                sys.stdout.flush()
    finally:
        await client.aclose()


if __name__ == "__main__":
    os.nice(NICENESS)
    asyncio.run(_build(json.loads(sys.stdin.readline())))
