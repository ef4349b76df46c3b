"""Posts events at little cost to the machine that it shares with what is measured: connections kept open, bytes as they
are, answers read by httptools. A client library takes as long for a request as the service does.
"""

import asyncio
from collections import deque
from typing import Self
from urllib.parse import urlsplit

import httptools
import orjson


class Poster:
    """Open connections to one address, one request at a time on each. Lives as long as the benchmark."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._idle: deque[_Connection] = deque()

    async def post(self, path: str, content: object) -> int:
        """The status of the answer. Raises ConnectionError."""
        body = orjson.dumps(content)
        head = f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
        request = b"%sContent-Length: %d\r\n\r\n%s" % (head.encode(), len(body), body)
        connection = await self._free()
        status = await connection.ask(request)
        self._idle.append(connection)
        return status

    async def _free(self) -> "_Connection":
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(_Connection, self._host, self._port))[1]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        for connection in self._idle:
            connection.close()


class _Connection(asyncio.Protocol):
    """One connection: a request, then its answer."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[int] | None = None
        self._transport: asyncio.Transport | None = None

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def ask(self, request: bytes) -> asyncio.Future[int]:
        """The status, once the whole answer is here."""
        if self._transport is None:
            raise ConnectionError("not connected")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Told by the parser."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(self._parser.get_status_code())

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionError("closed without an answer"))
