"""Connections to an app of a few lines, served as `tandem serve` has it, but on the loop of the test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from service.settings import Settings
from web.cli.serve import server_config
from web.http_head import BoundedHead
from web.one_write import OneWriteProtocol

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def connected(
    app: ASGIApp, protocol: type[BoundedHead] = OneWriteProtocol
) -> AsyncIterator[Streams]:
    """A connection to the app."""
    config = server_config(app, Settings(port=1))
    config.port, config.lifespan, config.loop, config.http = 0, "off", "none", protocol
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - it tells in no other way
        await asyncio.sleep(0.005)
    reader, writer = await asyncio.open_connection(*server.servers[0].sockets[0].getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        server.should_exit = True
        await serving


async def head_of(reader: asyncio.StreamReader) -> bytes:
    """Of the next answer, which is read to the end of its head."""
    return await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
