"""Lists on their way out: the newest only, never a queue, and no waiting for who does not read."""

import asyncio
from typing import Any

from service.model import Push
from web.json_output import dumps
from web.sockets.connections import Connection, Connections
from web.wire.recommendations import push_answer
from web.worker import Worker

STUCK_S = 10.0
ANSWERS_WAITING = 16
EVENT = "2"  # Socket.IO's packet type, in the namespace "/"


class Outbox:
    """Sends each socket the newest list of its user. Lives as long as the Socket.IO server."""

    def __init__(self, server: Any, connections: Connections, worker: Worker) -> None:
        self._server = server
        self._connections = connections
        self._worker = worker

    async def deliver(self, user_id: str, push: Push) -> None:
        """Sends a list to every socket of the user here; to a slow one as soon as it has room."""
        for connection in self._connections.of_user(user_id):
            connection.keep_newest(push)
            if connection.ready:
                await self.flush(connection)

    async def flush(self, connection: Connection) -> None:
        """Sends what waits, if the socket has taken what was sent before; else does so later."""
        if connection.flushing is not None:
            return
        if self._waiting(connection):
            connection.flushing = asyncio.create_task(self._flush_later(connection))
        else:
            await self._send(connection)

    async def answered(self, connection: Connection) -> None:
        """Waits while too many answers wait: who does not read is not read from."""
        if self._waiting(connection) > ANSWERS_WAITING:
            await self._emptied(connection)

    async def _flush_later(self, connection: Connection) -> None:
        try:
            emptied = await self._emptied(connection)
        finally:
            connection.flushing = None
        if emptied:
            await self._send(connection)

    async def _emptied(self, connection: Connection) -> bool:
        """Whether the socket took all in time; if not, it is cut off."""
        engine = self._server.eio.sockets.get(connection.engine_id)
        if engine is None:
            return False
        try:
            async with asyncio.timeout(STUCK_S):
                await engine.queue.join()
        except TimeoutError:
            connection.line.cut()
            return False
        return True

    async def _send(self, connection: Connection) -> None:
        push, connection.unsent = connection.unsent, None
        # What is sent to no id goes to everybody.
        if push is None or not connection.socket_id:
            return
        message = ["recommendations", push_answer(push, self._worker.name, connection.explain)]
        # The library's `emit` would search the whole list for bytes, which takes longer than encoding it.
        await self._server.eio.send(connection.engine_id, EVENT + dumps(message).decode())
        if push.recorded_at_ms is not None:
            waited_ms = self._worker.clock() - push.recorded_at_ms
            self._worker.metrics.push_seconds.observe(max(0, waited_ms) / 1_000)

    def _waiting(self, connection: Connection) -> int:
        engine = self._server.eio.sockets.get(connection.engine_id)
        return engine.queue.qsize() if engine is not None else 0
