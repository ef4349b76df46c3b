"""The app behind a real server in this process, and real Socket.IO clients."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import socketio
import uvicorn

START_TIMEOUT_S = 10.0


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """Serves the app on a free loopback port; yields its address."""
    config = uvicorn.Config(app, port=0, log_level="warning", access_log=False, lifespan="on")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            while not server.started and not serving.done():  # noqa: ASYNC110 - it tells in no other way
                await asyncio.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving


class Browser:
    """A Socket.IO client that remembers what it was sent, by name."""

    def __init__(self) -> None:
        self.client = socketio.AsyncClient(reconnection=False)
        self.received: dict[str, asyncio.Queue[Any]] = {}
        self.ended = asyncio.Event()
        self.client.on("*", self._remember)
        self.client.on("connect_error", self._refused)
        self.client.on("disconnect", self._end)

    async def connect(self, url: str, auth: object, **options: Any) -> None:
        await self.client.connect(url, auth=auth, transports=["websocket"], **options)

    async def next(self, name: str, timeout_s: float = 5.0) -> Any:
        """The next message of that name, waiting for it if need be."""
        async with asyncio.timeout(timeout_s):
            return await self._queue(name).get()

    async def call(self, name: str, *messages: object) -> Any:
        """Sends and returns the acknowledgement."""
        return await self.client.call(name, messages, timeout=5)

    async def close(self) -> None:
        await self.client.disconnect()

    def _queue(self, name: str) -> asyncio.Queue[Any]:
        return self.received.setdefault(name, asyncio.Queue())

    async def _remember(self, name: str, message: object = None) -> None:
        await self._queue(name).put(message)

    async def _refused(self, reason: object = None) -> None:
        await self._queue("connect_error").put(reason)

    async def _end(self, _reason: object = None) -> None:
        self.ended.set()
