"""Garbage collection in small portions.

Caches fill and empty all the time, and Python starts a collection by how many more objects there are than before: it
may not for a long time, and then goes through a hundred thousand at once, while every request waits. Little and often
takes as long in all. Where hardly any object stays, as while events are recorded, there is little to look for.
"""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from service.ending import meanwhile

PERIOD_S = 0.2
IDLE_PERIODS = 5  # after so many there is a collection whatever has been made
NEW_OBJECTS = 3_000
#: By themselves: the youngest only in a flood of new objects, all of them about twice an hour.
THRESHOLDS = (10_000, 10, 10_000)


@asynccontextmanager
async def collected_often() -> AsyncIterator[None]:
    """While entered, what was made since a moment ago is looked through; what is there before never, or seldom."""
    before = gc.get_threshold()
    gc.freeze()  # the program itself is no garbage
    gc.set_threshold(*THRESHOLDS)
    try:
        async with meanwhile(_collect_always):
            yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


async def _collect_always() -> None:
    while True:
        for _ in range(IDLE_PERIODS):
            await asyncio.sleep(PERIOD_S)
            new, collected, _ = gc.get_count()
            if new > NEW_OBJECTS or collected:
                break  # so many more than were freed, or even more: Python has begun by itself
        gc.collect(1)
