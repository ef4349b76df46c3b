"""The head of an answer goes out with the first part of its body: one system call, one packet, one wake-up.

Uvicorn writes one after the other, which takes a tenth of a worker's time for an event. ASGI wants it together anyway:
nothing is sent before there is something of the body.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from web.http_head import BoundedHead

_CONTINUE = b"HTTP/1.1 100 "  # asks for the rest of the request, and is not the answer
_FAILED = STATUS_LINE[500] + b"content-length: 0\r\nconnection: close\r\n\r\n"


class OneWriteProtocol(BoundedHead):
    """How `tandem serve` speaks HTTP. Lives as long as its connection."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if cycle.scope["method"] != "HEAD":  # behind which comes no body to wait for
            cycle.transport = _OneWrite(self.transport)  # type: ignore[assignment]  # all it uses
        super()._start_asgi_task(cycle, app)


class _OneWrite:
    """Stands for the transport while one answer is written."""

    __slots__ = ("_begun", "_head", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""
        self._begun = False

    def write(self, data: bytes) -> None:
        if self._begun:
            self._transport.write(data)
        elif self._head:
            self._begun = True
            self._transport.write(self._head + data)
        elif data.startswith(_CONTINUE):
            self._transport.write(data)
        else:
            self._head = data

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def close(self) -> None:
        """An answer that fails before anything of its body is there is told as a failure, as nothing has left yet."""
        if self._head and not self._begun and not self._transport.is_closing():
            self._transport.write(_FAILED)
        self._transport.close()
