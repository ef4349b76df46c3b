"""A TCP proxy on loopback whose links are broken on purpose: between workers and Redis, or Redis and its replicas.

It knows nothing of the protocol but two words: a link on which a client has said SUBSCRIBE is a listener's, one on
which it has said PSYNC is a replica's, so that a fault can hit only these.
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum

CHUNK = 1 << 16


class Way(Enum):
    """Where bytes go."""

    REQUESTS = "to the server"
    REPLIES = "to the client"


BOTH_WAYS = (Way.REQUESTS, Way.REPLIES)


class Kind(Enum):
    """What a link is for, by the word that its client says."""

    LISTENER = b"SUBSCRIBE"
    REPLICA = b"PSYNC"


@dataclass(frozen=True, slots=True)
class Hole:
    """Bytes on these ways are held back, as a network does that loses all packets; `only` on links of that kind.

    With `links` only on these.
    """

    ways: tuple[Way, ...]
    only: Kind | None
    links: Collection["Link"] | None
    repaired: asyncio.Event

    def holds_back(self, link: "Link", way: Way) -> bool:
        if self.links is not None and link not in self.links:
            return False
        return way in self.ways and self.only in (None, *link.kinds)


@dataclass(frozen=True, slots=True)
class Drops:
    """How many replies are still to be dropped: each `every`th of those to a request that holds `to`."""

    left: int
    every: int
    to: bytes


class Link:
    """One client's connection to the proxy and the proxy's own to the server."""

    def __init__(
        self,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self.kinds: set[Kind] = set()
        self.asked = b""
        self.vanished = False
        self._ends = {Way.REQUESTS: (client[0], server[1]), Way.REPLIES: (server[0], client[1])}

    async def carry(self, proxy: "FaultProxy") -> None:
        """Passes bytes until one end closes; where the server has vanished, until the client does."""
        pumps = {way: asyncio.create_task(self._pump(way, proxy)) for way in BOTH_WAYS}
        try:
            await asyncio.wait(pumps.values(), return_when=asyncio.FIRST_COMPLETED)
            if self.vanished:
                await asyncio.wait({pumps[Way.REQUESTS]})
        finally:
            for pump in pumps.values():
                pump.cancel()
            await asyncio.gather(*pumps.values(), return_exceptions=True)
            for _, writer in self._ends.values():
                writer.close()

    def abort(self) -> None:
        """Resets both ends; what is under way is lost."""
        for _, writer in self._ends.values():
            writer.transport.abort()

    def vanish(self) -> None:
        """The server is gone and the client is not told: what it sends meets silence."""
        self.vanished = True
        self._ends[Way.REQUESTS][1].transport.abort()

    async def _pump(self, way: Way, proxy: "FaultProxy") -> None:
        reader, writer = self._ends[way]
        while chunk := await reader.read(CHUNK):
            if way is Way.REQUESTS:
                self._hear(chunk)
            await proxy.let_through(self, way)
            if self.vanished:
                continue
            if way is Way.REPLIES:
                if proxy.drops_reply_to(self.asked):
                    self.abort()
                    return
                self.asked = b""
            writer.write(chunk)
            await writer.drain()

    def _hear(self, chunk: bytes) -> None:
        self.asked += chunk
        self.kinds |= {kind for kind in Kind if kind.value in chunk}


class FaultProxy:
    """The faults of one proxy. They last until `repair`, but for cuts of links, which happen at once."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.port = 0
        self.dropped = 0
        self._links: set[Link] = set()
        self._serving: set[asyncio.Task[None] | None] = set()
        self._cut = False
        self._hole: Hole | None = None
        self._delay_s = 0.0
        self._drops = Drops(0, 1, b"")
        self._replies = 0

    @property
    def url(self) -> str:
        """Of the Redis behind the proxy."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def links(self) -> int:
        return len(self._links)

    def cut(self) -> None:
        """Resets every link and every new one."""
        self._cut = True
        self.cut_once()

    def cut_once(self, only: Kind | None = None) -> None:
        """Resets the links that there are; new ones work."""
        for link in self._of(only):
            link.abort()

    def half_open(self, only: Kind | None = None) -> None:
        """The links that there are lead nowhere from now on, and their clients are not told; new ones work."""
        for link in self._of(only):
            link.vanish()

    def black_hole(self, *ways: Way, only: Kind | None = None, first: int | None = None) -> None:
        """Holds back all bytes (of these ways), those of new links too; `repair` delivers them late.

        With `first` only on so many of the links that there are.
        """
        self._fill_hole()
        links = None if first is None else self._of(only)[:first]
        self._hole = Hole(ways or BOTH_WAYS, only, links, asyncio.Event())

    def delay(self, seconds: float) -> None:
        """What goes to the server, and what comes from it, takes that much longer."""
        self._delay_s = seconds

    def drop_replies(self, count: int, *, every: int = 1, to: bytes = b"") -> None:
        """Resets the link instead of passing a reply, `count` times: the server has done what was asked."""
        self._drops = Drops(count, every, to)

    def repair(self) -> None:
        """From now on all links work again."""
        self._cut, self._delay_s, self._drops = False, 0.0, Drops(0, 1, b"")
        self._fill_hole()

    async def let_through(self, link: Link, way: Way) -> None:
        """Returns when the faults let this link's bytes pass."""
        await asyncio.sleep(self._delay_s)
        while (hole := self._hole) and hole.holds_back(link, way):
            await hole.repaired.wait()

    def drops_reply_to(self, asked: bytes) -> bool:
        """Whether the reply to these bytes is to be dropped; counts it."""
        left, every, to = self._drops.left, self._drops.every, self._drops.to
        if not left or to not in asked:
            return False
        self._replies += 1
        if self._replies % every:
            return False
        self._drops = Drops(left - 1, every, to)
        self.dropped += 1
        return True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, from its connection to its end."""
        task = asyncio.current_task()
        self._serving.add(task)
        try:
            server = None if self._cut else await self._reach()
            if server is None:
                writer.transport.abort()
            else:
                await self._carry(Link((reader, writer), server))
        finally:
            self._serving.discard(task)

    async def end(self) -> None:
        """Resets every link; returns when none is left."""
        self.cut()
        self._fill_hole()
        await asyncio.gather(*(task for task in self._serving if task), return_exceptions=True)

    async def _carry(self, link: Link) -> None:
        self._links.add(link)
        try:
            await link.carry(self)
        finally:
            self._links.discard(link)

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        try:
            return await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            return None

    def _of(self, only: Kind | None) -> list[Link]:
        return [link for link in self._links if only in (None, *link.kinds)]

    def _fill_hole(self) -> None:
        if self._hole:
            self._hole.repaired.set()
        self._hole = None


@asynccontextmanager
async def fault_proxy(target_port: int) -> AsyncIterator[FaultProxy]:
    """A proxy on a free port before the server on `target_port`; at the end every link is reset."""
    proxy = FaultProxy(target_port)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.end()
        await server.wait_closed()
