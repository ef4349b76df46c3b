"""How sockets end: each is told why where it can be, is closed, and is cut if it does not go."""

import asyncio
from typing import Any

from service.errors import LimitExceeded, ServiceError
from web.json_output import dumps
from web.problems import BadRequest, Unauthorized, problem
from web.sockets.connections import Connection
from web.sockets.outbox import EVENT

GOODBYE_S = 0.5
MALFORMED_LIMIT = 3
REFUSED = "4"  # Socket.IO's packet type of a refused connection, in the namespace "/"


class Endings:
    """Tells and ends sockets. Lives as long as the Socket.IO server."""

    def __init__(self, server: Any) -> None:
        self._server = server

    async def end(self, connection: Connection) -> None:
        """Closes after what was sent."""
        engine = self._server.eio.sockets.get(connection.engine_id)
        if engine is not None and not engine.closed:
            await engine.close(wait=False)

    def cut_soon(self, connection: Connection) -> None:
        """Of a closed socket: its client has a moment to go, then the TCP connection is cut."""
        asyncio.get_running_loop().call_later(GOODBYE_S, connection.line.cut)

    def too_late(self, connection: Connection, within_s: float) -> None:
        """It has not authenticated in time."""
        error = Unauthorized("auth_timeout", f"Authenticate within {within_s:.0f} seconds.")
        refused = dumps({"message": error.code, "data": problem(error)}).decode()
        asyncio.create_task(self._send_and_end(connection, REFUSED + refused))  # noqa: RUF006

    def expired(self, connection: Connection) -> None:
        """Its token is good no longer."""
        error = Unauthorized("token_expired", "The token has expired.")
        asyncio.create_task(self._send_and_end(connection, _event(error)))  # noqa: RUF006

    async def malformed(self, connection: Connection) -> bool:
        """It has sent what cannot be read; False when that was once too often."""
        connection.malformed += 1
        if connection.identity is not None:
            error = BadRequest("malformed_packet", "This is no packet of Socket.IO's protocol 5.")
            await self._server.emit("error", problem(error), to=connection.socket_id)
        if connection.identity is None or connection.malformed >= MALFORMED_LIMIT:
            await self.end(connection)
            return False
        return True

    async def too_fast(self, connection: Connection) -> ServiceError:
        """It sends more than it may: what to answer. Whoever goes on all the same is closed."""
        text = f"A socket may send {connection.allowance.per_s:g} messages a second."
        error = LimitExceeded("rate_limited", text, retry_after_s=1)
        await self._server.emit("error", problem(error), to=connection.socket_id)
        if connection.allowance.is_overdrawn:
            await self.end(connection)
        return error

    async def _send_and_end(self, connection: Connection, packet: str) -> None:
        await self._server.eio.send(connection.engine_id, packet)
        await self.end(connection)


def _event(error: ServiceError) -> str:
    return EVENT + dumps(["error", problem(error)]).decode()
