"""The embedded toy store: fakeredis on a loopback port, for trying Tandem where there is no Redis.

One process, nothing survives. fakeredis's own TCP server drops a connection at the first error
reply (so at every NOSCRIPT) and polls each connection a hundred times a second; this does neither.
Left out on purpose: commands that block (BLPOP, XREAD BLOCK); they would stop everybody.
"""

import asyncio
import queue
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from fakeredis import FakeRedisConnection, FakeServer
from fakeredis._clients._tcp_server import encode_reply

VERSION = (7, 0)
START_TIMEOUT_S = 5.0
STOP_TIMEOUT_S = 5.0
PIECE_BYTES = 16_384


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
        for start in range(0, len(data), PIECE_BYTES):
            self._socket.sendall(data[start : start + PIECE_BYTES])
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
    started: Future[_Started] = Future()
    thread = threading.Thread(
        target=lambda: asyncio.run(_serve(started)), name="embedded-redis", daemon=True
    )
    thread.start()
    running = started.result(START_TIMEOUT_S)
    try:
        yield f"redis://127.0.0.1:{running.port}/0"
    finally:
        running.loop.call_soon_threadsafe(running.stop.set)
        thread.join(STOP_TIMEOUT_S)


@dataclass(frozen=True, slots=True)
class _Started:
    port: int
    loop: asyncio.AbstractEventLoop
    stop: asyncio.Event


async def _serve(started: "Future[_Started]") -> None:
    loop, stop, server = asyncio.get_running_loop(), asyncio.Event(), _Server()
    listening = await loop.create_server(lambda: _Connection(server), "127.0.0.1", 0)
    started.set_result(_Started(listening.sockets[0].getsockname()[1], loop, stop))
    await stop.wait()
    listening.close()
    server.close()
    await asyncio.sleep(0)  # the connections' transports close in the next turn
