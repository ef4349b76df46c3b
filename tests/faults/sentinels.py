"""A primary, its replicas and three sentinels, each Redis behind a proxy of its own by which all others know it."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from tests.faults.mortal import MortalRedis
from tests.faults.proxy import FaultProxy, fault_proxy
from tests.redis_server import free_port

SERVICE = "tandem"
SENTINELS = 3
PATIENCE_S = 60.0
CONFIGURATION = """\
port {port}
bind 127.0.0.1
dir {folder}
sentinel monitor {service} 127.0.0.1 {primary} 2
sentinel down-after-milliseconds {service} 1000
sentinel failover-timeout {service} 3000
sentinel parallel-syncs {service} 2
"""


class NotSettled(Exception):
    """The servers have not found together in time."""


@dataclass(frozen=True, slots=True)
class Node:
    """A Redis and the proxy before it."""

    redis: MortalRedis
    proxy: FaultProxy

    def replication(self) -> dict[str, Any]:
        """What it says of itself, past its proxy; nothing when it does not answer."""
        with Redis.from_url(self.redis.url, socket_timeout=0.5, decode_responses=True) as client:
            try:
                return dict(client.info("replication"))
            except RedisError:
                return {}


class Replicated:
    """Nodes of which one is the primary, as the sentinels say."""

    def __init__(self, nodes: Sequence[Node], sentinel_ports: Sequence[int]) -> None:
        self.nodes = nodes
        self._ports = sentinel_ports

    @property
    def url(self) -> str:
        """For those who ask the sentinels where the primary is."""
        places = ",".join(f"127.0.0.1:{port}" for port in self._ports)
        return f"redis+sentinel://{places}/{SERVICE}/0"

    def primary(self) -> Node:
        """As the first sentinel sees it."""
        with Redis(port=self._ports[0], decode_responses=True, socket_timeout=1.0) as sentinel:
            _, port = sentinel.sentinel_get_master_addr_by_name(SERVICE)
        return next(node for node in self.nodes if node.proxy.port == int(port))

    def replicas(self) -> list[Node]:
        primary = self.primary()
        return [node for node in self.nodes if node is not primary]

    async def other_primary(self, old: Node) -> Node:
        """Returns when the sentinels have put another in its place. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_S):
            while (new := await asyncio.to_thread(self.primary)) is old:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.02)
        return new

    async def settled(self) -> None:
        """Returns when all sentinels agree on a primary that all others follow. Raises NotSettled."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not await asyncio.to_thread(self._is_settled):  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.1)
        except TimeoutError:
            said = [node.replication() for node in self.nodes]
            raise NotSettled(str(said)) from None

    def _is_settled(self) -> bool:
        try:
            told = self.primary().replication()
            online = [told.get(f"slave{n}", {}).get("state") for n in range(len(self.nodes) - 1)]
            return told.get("role") == "master" and {*online} == {"online"} and self._agree()
        except RedisError:
            return False

    def _agree(self) -> bool:
        """Whether each sentinel knows the same primary, all replicas and all sentinels."""
        seen = set()
        for port in self._ports:
            with Redis(port=port, decode_responses=True, socket_timeout=1.0) as sentinel:
                told = sentinel.sentinel_master(SERVICE)
            others = (told["num-slaves"], told["num-other-sentinels"])
            seen.add((told["port"], told["is_sdown"], *others))
        wanted = (False, len(self.nodes) - 1, len(self._ports) - 1)
        return len(seen) == 1 and seen.pop()[1:] == wanted


@asynccontextmanager
async def replicated(folder: Path, replicas: int) -> AsyncIterator[Replicated]:
    """Running and settled."""
    async with AsyncExitStack() as stack:
        nodes: list[Node] = []
        for number in range(replicas + 1):
            redis = MortalRedis(folder / f"node-{number}", *REPLICATING)
            redis.folder.mkdir(parents=True)
            proxy = await stack.enter_async_context(fault_proxy(redis.port))
            nodes.append(Node(redis, proxy))
            stack.callback(redis.kill)
            await asyncio.to_thread(start, nodes[-1], nodes[0])
        ports = [free_port() for _ in range(SENTINELS)]
        for port in ports:
            stack.callback(_start_sentinel(folder, port, nodes[0].proxy.port))
        made = Replicated(nodes, ports)
        await made.settled()
        yield made


REPLICATING = ("--repl-diskless-sync-delay", "0", "--repl-backlog-size", "64mb")


def start(node: Node, primary: Node) -> None:
    """Starts a node that follows the primary, or is it."""
    address = (
        "--replica-announce-ip",
        "127.0.0.1",
        "--replica-announce-port",
        str(node.proxy.port),
    )
    follows = ("--replicaof", "127.0.0.1", str(primary.proxy.port)) if node is not primary else ()
    node.redis.start(*address, *follows)


def _start_sentinel(folder: Path, port: int, primary: int) -> Callable[[], None]:
    """Returns what ends it."""
    place = folder / f"sentinel-{port}"
    place.mkdir()
    configuration = place / "sentinel.conf"
    configuration.write_text(
        CONFIGURATION.format(port=port, folder=place, service=SERVICE, primary=primary)
    )
    with (place / "sentinel.log").open("wb") as log:
        process = subprocess.Popen(
            ["redis-server", str(configuration), "--sentinel"], stdout=log, stderr=log
        )

    def end() -> None:
        process.kill()
        process.wait()

    return end
