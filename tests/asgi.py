"""Runs an ASGI app as a server does: startup, requests, shutdown."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from starlette.types import ASGIApp, Message


class StartupFailed(Exception):
    """The message is what the app told its server."""


@asynccontextmanager
async def started(app: ASGIApp) -> AsyncIterator[None]:
    """Sends the lifespan's startup, and its shutdown at the end."""
    to_app: asyncio.Queue[Message] = asyncio.Queue()
    from_app: asyncio.Queue[Message] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}}
    running = asyncio.ensure_future(app(scope, to_app.get, from_app.put))
    await to_app.put({"type": "lifespan.startup"})
    message = await from_app.get()
    if message["type"] != "lifespan.startup.complete":
        await asyncio.gather(running, return_exceptions=True)
        raise StartupFailed(message.get("message"))
    try:
        yield
    finally:
        await to_app.put({"type": "lifespan.shutdown"})
        await from_app.get()
        await running


def http_client(
    app: ASGIApp, *, address: str = "127.0.0.1", host: str = "127.0.0.1:5000"
) -> httpx2.AsyncClient:
    """A client that calls the app from that address by that name."""
    transport = httpx2.ASGITransport(app=app, client=(address, 40_000))
    return httpx2.AsyncClient(transport=transport, base_url=f"http://{host}")
