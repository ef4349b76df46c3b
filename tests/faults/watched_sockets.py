"""Many Socket.IO sockets in one process, as lean as can be: what they are sent is checked as it comes."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PATH = "/socket.io/?EIO=4&transport=websocket"
PING, PONG, CONNECT, CONNECTED, EVENT = "2", "3", "40", "40", "42"
OPENING_S = 60.0

Check = Callable[[str, dict[str, Any]], None]


@dataclass(slots=True)
class Round:
    """The sockets that have not yet been sent the list of what was last done."""

    left: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def arrived(self) -> None:
        self.left -= 1
        if not self.left:
            self.done.set()


@dataclass(slots=True, eq=False)
class WatchedSocket:
    """One user's socket. `check` is called with its user and each list that it is sent."""

    user_id: str
    check: Check
    connection: ClientConnection
    revision: int = 0
    awaited: tuple[int, Round] | None = None
    closed: bool = False

    def expect(self, revision: int, current: Round) -> None:
        """Counts the socket into the round until it has a list of that revision."""
        if self.revision < revision and not self.closed:
            current.left += 1
            self.awaited = (revision, current)

    async def watch(self) -> None:
        """Until the socket is closed, by whomever."""
        with suppress(ConnectionClosed):
            async for frame in self.connection:
                if frame == PING:
                    await self.connection.send(PONG)
                elif isinstance(frame, str) and frame.startswith(EVENT):
                    self._received(*orjson.loads(frame[len(EVENT) :]))
        self.closed = True
        self._stop_waiting()

    def _received(self, name: str, content: dict[str, Any]) -> None:
        if name != "recommendations":
            raise ValueError(f"a socket was sent {name}")
        self.check(self.user_id, content)
        self.revision = max(self.revision, content["revision"])
        if self.awaited is not None and self.revision >= self.awaited[0]:
            self._stop_waiting()

    def _stop_waiting(self) -> None:
        if self.awaited is not None:
            current, self.awaited = self.awaited[1], None
            current.arrived()


async def open_socket(url: str, token: str, user_id: str, check: Check) -> WatchedSocket:
    """Connects and authenticates. Raises ConnectionError where it is not let in."""
    connection = await connect(
        url.replace("http", "ws", 1) + PATH, compression=None, ping_interval=None, max_queue=256
    )
    async with asyncio.timeout(OPENING_S):
        await connection.recv()  # the transport's greeting
        await connection.send(CONNECT + orjson.dumps({"token": token}).decode())
        answer = str(await connection.recv())
    if not answer.startswith(CONNECTED):
        raise ConnectionError(answer)
    return WatchedSocket(user_id, check, connection)


async def close_all(sockets: Iterable[WatchedSocket]) -> None:
    await asyncio.gather(*(socket.connection.close() for socket in sockets))
