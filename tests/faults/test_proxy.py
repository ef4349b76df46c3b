"""Each fault of the proxy is what it says, before a server that answers each line with the line and its number."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.faults.proxy import FaultProxy, Kind, Way, fault_proxy

SOON_S = 0.1
PATIENCE_S = 5.0


class Counting:
    """Answers each line; `heard` are the lines, in the order of their arrival."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                self.heard.append(line.strip())
                writer.write(b"%s %d\n" % (line.strip(), len(self.heard)))
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def until_heard(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while len(self.heard) < count:  # noqa: ASYNC110 - it counts, and tells nobody
                await asyncio.sleep(0.005)


class Client:
    """One connection through the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, line: bytes) -> None:
        self.writer.write(line + b"\n")

    async def answer(self, within_s: float = PATIENCE_S) -> bytes:
        """Raises TimeoutError on silence; empty where the link has been closed."""
        async with asyncio.timeout(within_s):
            try:
                return (await self.reader.readline()).strip()
            except ConnectionError:
                return b""

    async def ask(self, line: bytes) -> bytes:
        self.send(line)
        return await self.answer()


@pytest.fixture
async def counting() -> Counting:
    return Counting()


@pytest.fixture
async def proxy(counting: Counting) -> AsyncIterator[FaultProxy]:
    server = await asyncio.start_server(counting.serve, "127.0.0.1", 0)
    async with server, fault_proxy(server.sockets[0].getsockname()[1]) as made:
        yield made


@asynccontextmanager
async def client_of(proxy: FaultProxy) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()


@pytest.fixture
async def client(proxy: FaultProxy) -> AsyncIterator[Client]:
    async with client_of(proxy) as made:
        yield made


async def test_without_a_fault_it_passes_everything(client: Client) -> None:
    assert [await client.ask(b"a"), await client.ask(b"b")] == [b"a 1", b"b 2"]


async def test_a_cut_resets_what_there_is_and_what_comes(
    proxy: FaultProxy, client: Client, counting: Counting
) -> None:
    await client.ask(b"a")
    proxy.cut()
    assert await client.answer() == b""
    async with client_of(proxy) as late:
        assert await late.ask(b"b") == b""
    proxy.repair()
    async with client_of(proxy) as later:
        assert await later.ask(b"c") == b"c 2"


async def test_a_black_hole_is_silent_and_delivers_late(
    proxy: FaultProxy, client: Client, counting: Counting
) -> None:
    await client.ask(b"a")
    proxy.black_hole()
    client.send(b"b")
    with pytest.raises(TimeoutError):
        await client.answer(within_s=SOON_S)
    assert counting.heard == [b"a"]
    proxy.repair()
    assert await client.answer() == b"b 2"


async def test_what_a_black_hole_holds_arrives_though_its_sender_has_gone(
    proxy: FaultProxy, client: Client, counting: Counting
) -> None:
    await client.ask(b"a")
    proxy.black_hole()
    client.send(b"b")
    await asyncio.sleep(SOON_S)
    client.writer.close()
    proxy.repair()
    await counting.until_heard(2)
    assert counting.heard == [b"a", b"b"]


async def test_a_one_way_black_hole_lets_requests_arrive(
    proxy: FaultProxy, client: Client, counting: Counting
) -> None:
    proxy.black_hole(Way.REPLIES)
    client.send(b"a")
    await counting.until_heard(1)
    with pytest.raises(TimeoutError):
        await client.answer(within_s=SOON_S)
    proxy.repair()
    assert await client.answer() == b"a 1"


async def test_a_fault_can_hit_listeners_only(proxy: FaultProxy, client: Client) -> None:
    async with client_of(proxy) as listener:
        await listener.ask(b"SUBSCRIBE x")
        proxy.black_hole(Way.REPLIES, only=Kind.LISTENER)
        assert await client.ask(b"a") == b"a 2"
        listener.send(b"b")
        with pytest.raises(TimeoutError):
            await listener.answer(within_s=SOON_S)
        proxy.cut_once(only=Kind.LISTENER)
        assert await listener.answer() == b""
        assert (await client.ask(b"c")).startswith(b"c")


async def test_a_delay_takes_its_time_both_ways(proxy: FaultProxy, client: Client) -> None:
    proxy.delay(SOON_S)
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert await client.ask(b"a") == b"a 1"
    assert loop.time() - began >= 2 * SOON_S


async def test_a_dropped_reply_is_of_a_request_that_was_done(
    proxy: FaultProxy, client: Client, counting: Counting
) -> None:
    proxy.drop_replies(1, to=b"write")
    assert await client.ask(b"read") == b"read 1"
    assert await client.ask(b"write") == b""
    assert counting.heard == [b"read", b"write"]
    assert proxy.dropped == 1
    async with client_of(proxy) as again:
        assert await again.ask(b"write") == b"write 3"


async def test_every_third_reply_can_be_dropped(proxy: FaultProxy) -> None:
    proxy.drop_replies(2, every=3)
    answers = []
    for _ in range(8):
        async with client_of(proxy) as client:
            answers.append(await client.ask(b"a"))
    assert [answer == b"" for answer in answers] == [n in (2, 5) for n in range(8)]


async def test_a_half_open_link_stays_silent_and_new_ones_work(
    proxy: FaultProxy, client: Client, counting: Counting
) -> None:
    await client.ask(b"a")
    proxy.half_open()
    client.send(b"b")
    with pytest.raises(TimeoutError):
        await client.answer(within_s=SOON_S)
    async with client_of(proxy) as other:
        assert await other.ask(b"c") == b"c 2"
    proxy.repair()
    client.send(b"d")
    with pytest.raises(TimeoutError):
        await client.answer(within_s=SOON_S)
    assert counting.heard == [b"a", b"c"]


async def test_no_link_is_left_when_clients_have_gone(proxy: FaultProxy) -> None:
    async with client_of(proxy) as client:
        await client.ask(b"a")
        assert proxy.links == 1
    async with asyncio.timeout(PATIENCE_S):
        while proxy.links:  # noqa: ASYNC110 - it tells in no other way
            await asyncio.sleep(0.005)
