"""The head of an answer goes out with the first part of its body: one system call, one packet, one wake-up.

Uvicorn writes one after the other, which takes a tenth of a worker's time for an event. ASGI wants it together anyway:
nothing is sent before there is something of the body.
"""

import asyncio

from web.http_head import BoundedHead

_CONTINUE = b"HTTP/1.1 100 "  # asks for the rest of the request, and is not the answer


class JoinedAnswers(BoundedHead):
    """How `tandem serve` speaks HTTP. Lives as long as its connection."""

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        # Upgrades have other answers, and behind a HEAD comes no body to wait for.
        if not self.parser.should_upgrade() and self.scope["method"] != "HEAD":
            self.cycle.transport = _OneWrite(self.transport)  # type: ignore[assignment]  # all that it uses


class _OneWrite:
    """Stands for the transport while one answer is written."""

    __slots__ = ("_head", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head: bytes | None = None  # b"" once it is written

    def write(self, data: bytes) -> None:
        if self._head is None and not data.startswith(_CONTINUE):
            self._head = data
            return
        if self._head:
            data, self._head = self._head + data, b""
        self._transport.write(data)

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def close(self) -> None:
        if self._head:  # no body came, but what there is tells of the status
            self._transport.write(self._head)
        self._transport.close()
