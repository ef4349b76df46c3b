"""The nginx of the container demo before replicas on loopback: names are resolved as in Docker."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from tests.redis_server import free_port

SITE = Path(__file__).parents[1] / "deploy" / "nginx.conf"
REPLICAS = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
START_TIMEOUT_S = 10.0
NGINX_MAIN = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  include {folder}/site.conf;
}}
"""


@asynccontextmanager
async def running_site(folder: Path) -> AsyncIterator[str]:
    """nginx as the demo configures it, before replicas that say who they are; yields its address."""
    port, workers_port = free_port(), free_port()
    async with AsyncExitStack() as stack:
        for replica in REPLICAS:
            await stack.enter_async_context(_replica(replica, workers_port))
        resolver = await stack.enter_async_context(_name_server())
        configuration = nginx_configuration(folder, port, resolver, workers_port)
        await stack.enter_async_context(_nginx(configuration, port))
        yield f"http://127.0.0.1:{port}"


def nginx_configuration(folder: Path, port: int, resolver: str, workers_port: int = 5000) -> Path:
    """The demo's own configuration, but for what is the machine's: ports and name server."""
    site = SITE.read_text().replace("listen 80;", f"listen 127.0.0.1:{port};")
    site = site.replace("resolver 127.0.0.11 ", f"resolver {resolver} ")
    (folder / "site.conf").write_text(site.replace("api:5000", f"api:{workers_port}"))
    (folder / "nginx.conf").write_text(NGINX_MAIN.format(folder=folder))
    return folder / "nginx.conf"


@asynccontextmanager
async def _replica(address: str, port: int) -> AsyncIterator[None]:
    """Answers /who with what it was asked, and each message of a WebSocket with its address."""

    def answer(connection: ServerConnection, request: Request) -> Response | None:
        if not request.path.startswith("/who"):
            return None
        headers = {name.lower(): value for name, value in request.headers.raw_items()}
        said = {"replica": address, "path": request.path, "headers": headers}
        return connection.respond(HTTPStatus.OK, json.dumps(said))

    async def echo(connection: ServerConnection) -> None:
        async for _ in connection:
            await connection.send(address)

    async with serve(echo, address, port, process_request=answer):
        yield


class _Names(asyncio.DatagramProtocol):
    """A name server that knows one answer: the addresses of all replicas."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        counts = b"\x00\x01" + len(REPLICAS).to_bytes(2, "big") + b"\x00\x00\x00\x00"
        to_question = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04"
        answers = b"".join(to_question + bytes(map(int, ip.split("."))) for ip in REPLICAS)
        self._transport.sendto(data[:2] + b"\x81\x80" + counts + data[12:] + answers, addr)


@asynccontextmanager
async def _name_server() -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(_Names, ("127.0.0.1", 0))
    try:
        yield "{}:{}".format(*transport.get_extra_info("sockname"))
    finally:
        transport.close()


@asynccontextmanager
async def _nginx(configuration: Path, port: int) -> AsyncIterator[None]:
    log = configuration.with_name("error.log")
    command = ("nginx", "-e", str(log), "-c", str(configuration))
    process = await asyncio.create_subprocess_exec(*command, stderr=subprocess.DEVNULL)
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            while not await _is_open(port):  # noqa: ASYNC110 - it tells in no other way
                await asyncio.sleep(0.02)
        yield
    finally:
        process.terminate()
        await process.wait()


async def _is_open(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
