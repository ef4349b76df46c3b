"""SIGTERM: first ready no more, then the sockets go, then the server stops."""

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def before_sigterm(drain: Callable[[], Awaitable[None]]) -> Iterator[None]:
    """While entered, the first SIGTERM runs `drain` and only then reaches the server's own handler.

    A second one reaches it at once. Does nothing in a thread, where Python allows no handlers.
    """
    handed_on = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or not callable(handed_on):
        yield
        return
    loop = asyncio.get_running_loop()
    draining: set[asyncio.Task[None]] = set()

    async def drain_and_hand_on(number: int) -> None:
        try:
            await drain()
        finally:
            handed_on(number, None)

    def begin(number: int) -> None:
        draining.add(asyncio.create_task(drain_and_hand_on(number)))

    def handle(number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, handed_on)
        loop.call_soon_threadsafe(begin, number)

    signal.signal(signal.SIGTERM, handle)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) is handle:
            signal.signal(signal.SIGTERM, handed_on)
