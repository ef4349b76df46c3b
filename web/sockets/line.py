"""The TCP connection behind a socket: what the kernel may hold of it, and its end."""

import asyncio
import socket
import struct
from typing import Any

from starlette.types import Send

SEND_BUFFER_BYTES = 65_536  # the kernel takes twice that; by itself it would take megabytes
_NOT_AT_ALL = struct.pack("ii", 1, 0)  # how long to linger


class Line:
    """One connection, as far as it can be had.

    ASGI has no way to cut one; uvicorn's protocol, whose method `send` is, has its transport.
    """

    def __init__(self, transport: asyncio.Transport | None) -> None:
        self._transport = transport

    @classmethod
    def of(cls, send: Send) -> "Line":
        """The one behind an ASGI server's `send`."""
        transport: Any = getattr(getattr(send, "__self__", None), "transport", None)
        # uvloop's transports are no subclass of asyncio's.
        return cls(transport if hasattr(transport, "abort") else None)

    def narrow(self) -> None:
        """Little waits in the kernel: who is slow gets the newest list soon, not all before it."""
        self._set(socket.SO_SNDBUF, SEND_BUFFER_BYTES)

    def cut(self) -> None:
        """At once: one that takes no data takes no goodbye either."""
        # Else the kernel would go on offering what was sent, and keep it, for minutes.
        self._set(socket.SO_LINGER, _NOT_AT_ALL)
        if self._transport is not None:
            self._transport.abort()

    def _set(self, option: int, value: int | bytes) -> None:
        line = self._transport.get_extra_info("socket") if self._transport is not None else None
        if line is not None and line.fileno() >= 0:
            line.setsockopt(socket.SOL_SOCKET, option, value)
