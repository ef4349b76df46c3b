"""A replay of an hour does not end because Redis was away for a second."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from service.errors import Unavailable

T = TypeVar("T")

WAITS_S = (1.0, 2.0, 4.0, 8.0)


async def patiently(call: Callable[[], Awaitable[T]]) -> T:
    """The call's result; while it says Unavailable it is repeated, four times at most. It must be safe to repeat."""
    for wait_s in WAITS_S:
        try:
            return await call()
        except Unavailable:
            await asyncio.sleep(wait_s)
    return await call()
