"""Ending tasks for certain."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any

from service.lasting import lasting

CANCEL_PAUSE_S = 0.1


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancels until all have ended: before Python 3.12 wait_for loses a cancellation that meets an answer."""
    running = {task for task in tasks if not task.done()}
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=CANCEL_PAUSE_S)


@asynccontextmanager
async def meanwhile(work: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """While entered, the work goes on, and begins again where an error ends it."""
    task = asyncio.create_task(lasting(work))
    try:
        yield
    finally:
        await end([task])
