"""Commands packed and replies read by native code, without what the driver does around each.

A group of events is a command of some hundred arguments: in Python packing it takes longer than all else of sending it.
And the driver asks for each reply by four coroutines, and for what a subscription is told by nine, where a dozen may
have come in one piece.
"""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import hiredis
from redis._parsers.hiredis import NOT_ENOUGH_DATA
from redis.asyncio import ConnectionPool
from redis.asyncio.client import PubSub
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as LinkLost
from redis.exceptions import DataError, ReadOnlyError

from store.time_limit import time_limit

READ_BYTES = 65_536
#: What there is instead of a reply that has not come whole.
INCOMPLETE: Any = NOT_ENOUGH_DATA
#: What the server says without having been asked.
Unasked = hiredis.PushNotification

#: Of what a subscription is told: the kind (as `message`), the channel and the text.
Heard = tuple[str, str, str]


def packed(*arguments: Any) -> bytes:
    """A command as it is sent. The first argument may be of several words, as `SCRIPT LOAD`. Raises DataError."""
    name, *others = arguments
    words = (name.encode() if isinstance(name, str) else name).split()
    try:
        return bytes(hiredis.pack_command((*words, *others)))
    except TypeError as error:  # as the driver says of what it cannot send
        raise DataError(str(error)) from error


class Native(AbstractConnection):
    """Put in front of one of the driver's asynchronous connections."""

    _parser: Any  # the driver's own, over hiredis
    _writer: asyncio.StreamWriter | None
    _reader: Any  # its buffer is the stream's own affair

    def pack_command(self, *arguments: Any) -> list[bytes]:
        """The bytes to send."""
        return [packed(*arguments)]

    def next_reply(self) -> Any:
        """The next reply of those that have come, an error as a value; INCOMPLETE where `more` has to come.

        Raises LinkLost where the server cannot serve yet, or is the primary no more and Sentinels know another, and
        what the driver says of what it cannot read.
        """
        reply = self._parser._reader.gets()
        if isinstance(reply, LinkLost):
            raise reply
        if isinstance(reply, ReadOnlyError) and _asks_sentinels(self):
            raise LinkLost("the server is the primary no more")
        return reply

    def read_by(self, told: Callable[[Exception | None], None]) -> None:
        """From now on `told` is called as soon as something of further replies has come, and with the error when
        nothing more will.
        """
        if self._writer is None or self._reader is None:
            raise LinkLost("the connection is closed")
        transport = self._writer.transport
        transport.set_protocol(_Read(self, transport.get_protocol(), told))
        if self._reader._buffer:  # it came before
            self.feed(bytes(self._reader._buffer))
            self._reader._buffer.clear()
            told(None)

    def feed(self, data: bytes) -> None:
        """Takes something of further replies."""
        self._parser._reader.feed(data)

    async def more(self) -> None:
        """Waits for something of further replies. Raises LinkLost."""
        if self._reader is None:
            raise LinkLost("the connection is closed")
        try:
            data = await self._reader.read(READ_BYTES)
        except OSError as error:
            raise LinkLost(str(error)) from error
        if not data:
            raise LinkLost("the server has closed the connection")
        self.feed(data)


def _asks_sentinels(connection: AbstractConnection) -> bool:
    """Whether whoever connects anew is led to the primary."""
    return getattr(getattr(connection, "connection_pool", None), "is_master", False) is True


class _Read(asyncio.Protocol):
    """Reads in place of the driver's protocol, which goes on minding what is written.

    Each reply is there in the turn of the loop in which it comes, not two turns later by a stream and a task.
    """

    def __init__(
        self, connection: Native, driver: Any, told: Callable[[Exception | None], None]
    ) -> None:
        self._connection = connection
        self._driver = driver
        self._told = told

    def data_received(self, data: bytes) -> None:
        self._connection.feed(data)
        self._told(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._driver.connection_lost(error)
        self._told(LinkLost(str(error or "the server has closed the connection")))

    def pause_writing(self) -> None:
        self._driver.pause_writing()

    def resume_writing(self) -> None:
        self._driver.resume_writing()


async def hear(pubsub: PubSub, timeout_s: float) -> Heard | None:
    """What the subscription is told next, None when that is nothing for so long. Raises RedisError, and OSError."""
    connection = cast("AbstractConnection | None", pubsub.connection)  # the stubs know None only
    if not isinstance(connection, Native):
        raw = await pubsub.get_message(timeout=timeout_s)
        return (raw["type"], raw["channel"], str(raw["data"])) if raw else None
    reply = connection.next_reply()
    while reply is INCOMPLETE:
        try:
            with time_limit(asyncio.get_running_loop().time() + timeout_s):
                await connection.more()
        except TimeoutError:
            return None
        reply = connection.next_reply()
    if isinstance(reply, Exception):
        raise reply
    kind, channel, text = reply if len(reply) == 3 else ("pong", "", "")
    if kind == "unsubscribe":  # the driver keeps what was subscribed to until it hears of this
        await pubsub.handle_message(reply)  # type: ignore[no-untyped-call]
    return kind, channel, str(text)


def make_native(pool: ConnectionPool) -> None:
    """Makes the pool's connections, of which it has none yet, do so."""
    plain = pool.connection_class
    pool.connection_class = type(f"Native{plain.__name__}", (Native, plain), {})
