"""WebSockets as somebody opens them who means ill: no library, no manners, only what is sent on purpose."""

import asyncio
import math
import socket
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

REQUEST = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n"
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: c2l4dGVlbiBieXRlcyAhIQ==\r\n\r\n"
)
TEXT_FRAME, MASKED, LENGTH_IN_TWO_BYTES = 0x81, 0x80, 126
TINY = 4_096  # bytes: who reads nothing shall not have the kernel read for him
TCP_CLOSE = 7  # Linux: the first byte of TCP_INFO


@dataclass(slots=True, eq=False)
class BareSocket:
    """An upgraded connection. `opened_s` is when the server agreed."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    opened_s: float

    def send(self, packet: str) -> None:
        """One text frame; its mask is zero, which the protocol allows."""
        data = packet.encode()
        size = bytes([MASKED | len(data)])
        if len(data) >= LENGTH_IN_TWO_BYTES:
            size = bytes([MASKED | LENGTH_IN_TWO_BYTES]) + len(data).to_bytes(2, "big")
        self.writer.write(bytes([TEXT_FRAME]) + size + bytes(4) + data)

    @property
    def is_cut(self) -> bool:
        """Whether the server has reset it: seen without reading."""
        line: socket.socket = self.writer.get_extra_info("socket")
        return line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == TCP_CLOSE

    async def age_at_end_s(self, within_s: float) -> float:
        """Reads all there is until the server closes; how old it was then, without end if it has not closed in time."""
        try:
            async with asyncio.timeout(within_s):
                while await self.reader.read(TINY):
                    pass
        except TimeoutError:
            return math.inf
        except OSError:
            pass
        return time.monotonic() - self.opened_s

    def abort(self) -> None:
        self.writer.transport.abort()


async def open_bare(address: str, *, slow: bool = False) -> BareSocket:
    """A WebSocket that has said nothing yet. `slow`: it takes in as little as it can. ConnectionError if refused."""
    url = urlsplit(address)
    line = socket.socket()
    line.setblocking(False)
    if slow:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, TINY)
    await asyncio.get_running_loop().sock_connect(line, (url.hostname, url.port))
    reader, writer = await asyncio.open_connection(sock=line, limit=TINY)
    writer.write(REQUEST.format(host=url.netloc).encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 101"):
        writer.transport.abort()
        raise ConnectionRefusedError(head[:40])
    return BareSocket(reader, writer, time.monotonic())
