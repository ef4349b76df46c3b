"""SIGTERM and Ctrl-C: first ready no more, then the sockets go, then the server stops."""

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)

_Drain = Callable[[], Awaitable[None]]
_Handler = Callable[[int, FrameType | None], object]


@contextmanager
def before_stop(drain: _Drain) -> Iterator[None]:
    """While entered, the first SIGTERM or Ctrl-C runs `drain` and only then reaches the server's own handler.

    A second one brings both there at once. Does nothing in a thread, where Python allows no
    handlers, and where no server handles the signals.
    """
    handlers = {number: own for number in SIGNALS if callable(own := signal.getsignal(number))}
    in_thread = threading.current_thread() is not threading.main_thread()
    if in_thread or len(handlers) < len(SIGNALS):
        yield
        return
    held = _HeldSignals(drain, handlers)
    for number in handlers:
        signal.signal(number, held.take)
    try:
        yield
    finally:
        for number, own in handlers.items():
            if signal.getsignal(number) == held.take:
                signal.signal(number, own)


class _HeldSignals:
    """Keeps what came until the drain is done; from the second signal on hands all on at once."""

    def __init__(self, drain: _Drain, handlers: Mapping[signal.Signals, _Handler]) -> None:
        self._drain = drain
        self._handlers = handlers
        self._loop = asyncio.get_running_loop()
        self._held: list[signal.Signals] = []
        self._begun = False
        self._draining: asyncio.Task[None] | None = None

    def take(self, number: int, _frame: FrameType | None) -> None:
        self._held.append(signal.Signals(number))
        if self._begun:
            self._hand_on()
        else:
            self._begun = True
            self._loop.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        self._draining = asyncio.create_task(self._drain_and_hand_on())

    async def _drain_and_hand_on(self) -> None:
        try:
            await self._drain()
        finally:
            self._hand_on()

    def _hand_on(self) -> None:
        while self._held:
            number = self._held.pop(0)
            self._handlers[number](number, None)
