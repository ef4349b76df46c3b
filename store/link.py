"""One connection that all callers of a worker share: what is asked for in one turn of the loop goes out in one piece.

The driver lends each command a connection of its own and gives it timers and a task, which cost several times what the
command does; and each answer that comes by itself wakes the worker by itself. Here nobody waits for another's round
trip: Redis answers a connection's commands in their order, however many are under way
(https://redis.io/docs/latest/develop/use/pipelining/).
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as LinkLost
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as NoAnswer

from store.packing import packed

#: What must have a connection to itself: everybody behind it would wait with it.
_ALONE = frozenset({"WAIT", "WAITAOF", "BLPOP", "BRPOP", "BLMOVE", "BZPOPMIN", "BZPOPMAX", "XREAD"})
#: Of the driver's options those that have a reply read in another way.
_READ_OTHERWISE = frozenset({"NEVER_DECODE", "EMPTY_RESPONSE"})


class Link:
    """A connection of the pool, taken when first needed, and another once it is lost. Lives as long as its client."""

    def __init__(self, pool: ConnectionPool, patience_s: float) -> None:
        """`pool`: one of its own, without time limits. `patience_s`: for how long the server may say nothing while an
        answer is due.
        """
        self._pool = pool
        self._patience_s = patience_s
        self._connection: AbstractConnection | None = None
        self._reading: asyncio.Task[None] | None = None
        self._sending: asyncio.Task[None] | None = None
        self._unsent: list[tuple[bytes, asyncio.Future[Any]]] = []
        self._unanswered: deque[asyncio.Future[Any]] = deque()
        self._heard_s = 0.0
        self._watching = False

    def call(self, *command: Any) -> asyncio.Future[Any]:
        """A future of the reply. It fails with RedisError: the server's own error, or that the link was lost."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._unsent.append((packed(*command), future))
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())
        return future

    async def drop(self, error: Exception | None = None) -> None:
        """Gives the connection up. Who still waits for an answer of it gets the error; the next call takes another."""
        connection, self._connection = self._connection, None
        reading, self._reading = self._reading, None
        waiting, self._unanswered = self._unanswered, deque()
        for future in waiting:
            _fail(future, error or LinkLost("the connection was given up"))
        if reading is not None and reading is not asyncio.current_task():
            reading.cancel()
        if connection is not None:
            with suppress(RedisError, OSError):
                await connection.disconnect(nowait=True)
            await self._pool.release(connection)

    async def aclose(self) -> None:
        """Gives the connection up for good."""
        await self.drop()
        await self._pool.aclose()

    async def _send(self) -> None:
        try:
            while self._unsent:
                connection = await self._connected()
                calls, self._unsent = self._unsent, []
                self._expect([future for _, future in calls])
                piece = b"".join([command for command, _ in calls])
                await connection.send_packed_command(piece, check_health=False)
        except (RedisError, RuntimeError) as error:  # uvloop's own is one of the last
            calls, self._unsent = self._unsent, []
            for _, future in calls:
                _fail(future, error)
            await self.drop(error)
        finally:
            self._sending = None

    async def _connected(self) -> AbstractConnection:
        if self._connection is None:
            try:
                async with asyncio.timeout(self._patience_s):
                    self._connection = await self._pool.get_connection()  # type: ignore[no-untyped-call]  # the driver's
            except TimeoutError:
                raise NoAnswer("the server does not say hello") from None
            self._reading = asyncio.create_task(self._read(self._connection))
        return self._connection

    def _expect(self, futures: Sequence[asyncio.Future[Any]]) -> None:
        loop = asyncio.get_running_loop()
        if not self._unanswered:
            self._heard_s = loop.time()
        self._unanswered.extend(futures)
        if not self._watching:
            self._watching = True
            loop.call_later(self._patience_s, self._watch)

    def _watch(self) -> None:
        """Told by one timer for all: an answer is due, and nothing was heard for too long."""
        self._watching = False
        if not self._unanswered:
            return
        loop = asyncio.get_running_loop()
        left_s = self._heard_s + self._patience_s - loop.time()
        if left_s > 0:
            self._watching = True
            loop.call_later(left_s, self._watch)
            return
        self._dropping = loop.create_task(self.drop(NoAnswer("the server says nothing")))

    async def _read(self, connection: AbstractConnection) -> None:
        try:
            while True:
                try:
                    reply = await connection.read_response()
                except ResponseError as error:
                    self._settle(error)
                else:
                    self._settle(reply)
        except RedisError as error:
            if connection is self._connection:
                await self.drop(error)

    def _settle(self, reply: Any) -> None:
        if not self._unanswered:
            raise LinkLost("an answer to no command")
        self._heard_s = asyncio.get_running_loop().time()
        future = self._unanswered.popleft()
        if isinstance(reply, Exception):
            _fail(future, reply)
        elif not future.done():
            future.set_result(reply)


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
        future.exception()  # seen: a caller who has gone away is no error of ours


class LinkedRedis(Redis):
    """A client of redis-py whose single commands go over one `Link`; pipelines have connections of their own."""

    def __init__(self, pool: ConnectionPool, link: Link) -> None:
        """`pool`: for all that has a connection to itself. Both are closed with the client."""
        super().__init__(connection_pool=pool)
        self.auto_close_connection_pool = True
        self.link = link

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """The reply, in the form in which the driver gives it."""
        if args[0] in _ALONE or not _READ_OTHERWISE.isdisjoint(options):
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]  # the driver's
        options.pop("keys", None)
        return self._formed(args[0], await self.link.call(*args), **options)

    async def together(self, commands: Sequence[Sequence[Any]]) -> list[Any]:
        """The replies to all of them. Raises the first error among them."""
        futures = [self.link.call(*command) for command in commands]
        return [
            self._formed(command[0], await future)
            for command, future in zip(commands, futures, strict=True)
        ]

    def _formed(self, name: str, reply: Any, **options: Any) -> Any:
        callback = self.response_callbacks.get(name)
        return reply if callback is None else callback(reply, **options)

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        await self.link.aclose()
        await super().aclose(close_connection_pool)


async def connect_anew(redis: Redis) -> None:
    """Has further commands go over new connections: another server may have become the primary."""
    await redis.connection_pool.disconnect(inuse_connections=False)
    if isinstance(redis, LinkedRedis):
        await redis.link.drop()


async def ask_together(redis: Redis, commands: Sequence[Sequence[Any]]) -> list[Any]:
    """The replies to commands that are sent in one piece, whatever becomes of the others. One round trip."""
    if isinstance(redis, LinkedRedis):
        return await redis.together(commands)
    async with redis.pipeline(transaction=False) as pipe:
        for command in commands:
            pipe.execute_command(*command)
        return await pipe.execute()
