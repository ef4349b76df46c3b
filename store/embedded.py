"""The embedded toy store: fakeredis on a loopback port, for trying Tandem where there is no Redis.

One process, nothing survives. fakeredis's own TCP server drops a connection at the first error
reply (so at every NOSCRIPT) and polls each connection a hundred times a second; this does neither.
Left out on purpose: commands that block (BLPOP, XREAD BLOCK); they would stop everybody.
"""

import asyncio
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from fakeredis import FakeRedisConnection, FakeServer
from fakeredis._clients._tcp_server import encode_reply

VERSION = (7, 0)
STOP_TIMEOUT_S = 5.0


class _Server:
    """One database and its connections, on one event loop: commands run one by one, as in Redis."""

    def __init__(self) -> None:
        self.database = FakeServer(version=VERSION)
        self.connections: set[_Connection] = set()

    def flush(self) -> None:
        """Sends what waits: answers, and what a PUBLISH left for other connections."""
        for connection in tuple(self.connections):
            connection.flush()

    def close(self) -> None:
        for connection in tuple(self.connections):
            connection.abort()


class _Connection(asyncio.Protocol):
    def __init__(self, server: _Server) -> None:
        self._server = server
        self._transport: asyncio.Transport | None = None
        # RESP2 until the client says HELLO, as on a real server.
        self._fake = FakeRedisConnection(server=server.database, protocol=2)
        self._socket = self._fake.get_socket()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
        self._server.connections.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        self._server.connections.discard(self)
        self._fake.disconnect()  # type: ignore[no-untyped-call]  # fakeredis has none

    def data_received(self, data: bytes) -> None:
        # The fake's parser copies all that it holds at every word: small pieces keep that cheap.
        for piece in data.splitlines(keepends=True):
            self._socket.sendall(piece)
        self._server.flush()

    def flush(self) -> None:
        replies = list(self._waiting())
        if replies and self._transport:
            protocol = self._socket._client_info.protocol_version
            self._transport.write(b"".join(encode_reply(reply, protocol) for reply in replies))

    def abort(self) -> None:
        if self._transport:
            self._transport.abort()

    def _waiting(self) -> Iterator[object]:
        waiting = self._socket.responses
        with suppress(queue.Empty):
            while waiting is not None:
                yield waiting.get_nowait()


@contextmanager
def embedded_redis() -> Iterator[str]:
    """Serves an empty toy store on a free loopback port, from its own thread; yields its URL."""
    loop = asyncio.new_event_loop()
    server = _Server()
    listening = loop.run_until_complete(
        loop.create_server(lambda: _Connection(server), "127.0.0.1", 0)
    )
    port = listening.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, name="embedded-redis", daemon=True)
    thread.start()
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(STOP_TIMEOUT_S)
        listening.close()
        loop.call_soon(server.close)
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
