"""Servers that are started and stopped in a thread, while what they need goes on in the event loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from typing import TypeVar

T = TypeVar("T")


@asynccontextmanager
async def aside(server: AbstractContextManager[T]) -> AsyncIterator[T]:
    """As `with server`, but the event loop goes on meanwhile."""
    entered = await asyncio.to_thread(server.__enter__)
    try:
        yield entered
    finally:
        await asyncio.to_thread(server.__exit__, None, None, None)
