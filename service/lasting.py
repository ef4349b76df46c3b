"""Work that must not cease in silence, and waits that something may cut short."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

log = logging.getLogger(__name__)

RESTART_PAUSE_S = 1.0


async def lasting(loop: Callable[[], Awaitable[None]]) -> None:
    """Runs an endless loop, and begins it again when something unforeseen ends it."""
    while True:
        try:
            await loop()
        except Exception:
            log.exception("work in the background begins again after an error")
            await asyncio.sleep(RESTART_PAUSE_S)


async def set_within(event: asyncio.Event, seconds: float) -> bool:
    """Waits so long, or until the event is set; whether it was, and it is no more."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    was_set = event.is_set()
    event.clear()
    return was_set
