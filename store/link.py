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

from redis.asyncio import ConnectionPool
from redis.exceptions import ConnectionError as LinkLost
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as NoAnswer

from store.native import INCOMPLETE, Native, Unasked, packed
from store.settling import settle

MOST_UNANSWERED = 2_000
#: For so long a stalled loop may still find answers that have come.
GRACE_S = 0.01
#: A younger line is not given up for a newer one: it already leads to whoever is the primary.
YOUNG_S = 1.0


class _Line:
    """One connection, and who waits for its answers, in the order of their commands."""

    def __init__(self, connection: Native, patience_s: float) -> None:
        self.waiting: deque[tuple[asyncio.Future[Any], float]] = deque()
        self.lost = False
        self._connection = connection
        self._patience_s = patience_s
        self._retired = False
        self._loop = asyncio.get_running_loop()
        self._made_s = self._loop.time()
        self._watching = False
        self._giving_up: asyncio.Task[None] | None = None
        self._over = asyncio.Event()
        connection.read_by(self._read)
        self.closing = asyncio.create_task(self._close())

    @property
    def is_young(self) -> bool:
        return self._loop.time() - self._made_s < YOUNG_S

    async def send(self, calls: Sequence[tuple[bytes, asyncio.Future[Any]]]) -> None:
        """Sends them in one piece. Raises RedisError, and what the loop says of a connection that is closed."""
        now_s = self._loop.time()
        self.waiting.extend((future, now_s) for _, future in calls)
        self._watch_for(self._patience_s)
        piece = b"".join([command for command, _ in calls])
        await self._connection.send_packed_command(piece, check_health=False)

    def retire(self) -> None:
        """Is closed when the last answer that is due has come."""
        self._retired = True
        if not self.waiting:
            self.lose(LinkLost("the connection was given up"))

    def lose(self, error: Exception) -> None:
        """Closes the connection at once, also where nothing can be written any more; who waits gets the error."""
        self.lost = True
        self._over.set()
        waiting, self.waiting = self.waiting, deque()
        for future, _ in waiting:
            settle(future, error)
        # The driver's way out would wait until all is written.
        writer = getattr(self._connection, "_writer", None)
        if writer is not None:
            writer.transport.abort()

    def _read(self, ended: Exception | None) -> None:
        """Gives all replies that have come to who waits for them."""
        if ended is not None:
            self.lose(ended)
        try:
            while not self.lost and (reply := self._connection.next_reply()) is not INCOMPLETE:
                if not isinstance(reply, Unasked):
                    self._settle(reply)
        except RedisError as error:
            self.lose(error)
        except Exception as error:  # the driver cannot read what has come: who asked for it is told
            if self.waiting:
                settle(self.waiting.popleft()[0], error)
            self.lose(LinkLost("an answer that cannot be read"))

    async def _close(self) -> None:
        await self._over.wait()
        with suppress(RedisError, OSError):
            await self._connection.disconnect(nowait=True)

    def _settle(self, reply: Any) -> None:
        if not self.waiting:
            raise LinkLost("an answer to no command")
        future, _ = self.waiting.popleft()
        settle(future, reply)
        if self._retired and not self.waiting:
            self.lose(LinkLost("the connection was given up"))

    def _watch_for(self, seconds: float) -> None:
        """One timer for all that waits."""
        if not self._watching:
            self._watching = True
            self._loop.call_later(seconds, self._look)

    def _look(self) -> None:
        self._watching = False
        if not self.waiting:
            return
        first, sent_s = self.waiting[0]
        left_s = sent_s + self._patience_s - self._loop.time()
        if left_s > 0:
            self._watch_for(left_s)
        else:
            self._giving_up = asyncio.create_task(self._give_up_on(first))

    async def _give_up_on(self, first: asyncio.Future[Any]) -> None:
        await asyncio.sleep(GRACE_S)
        if self.waiting and self.waiting[0][0] is first:
            self.lose(NoAnswer("the server does not answer"))
        elif self.waiting:
            self._watch_for(self._patience_s)


class Link:
    """A line to the server, made when first needed, and another once it is lost. Lives as long as its client."""

    def __init__(self, pool: ConnectionPool, patience_s: float) -> None:
        """`pool` makes the connections, without time limits. `patience_s`: how long an answer may take."""
        self._pool = pool
        self._patience_s = patience_s
        self._line: _Line | None = None
        self._lines: set[_Line] = set()
        self._sending: asyncio.Task[None] | None = None
        self._unsent: list[tuple[bytes, asyncio.Future[Any]]] = []
        self._closed = False

    def call(self, *command: Any) -> asyncio.Future[Any]:
        """A future of the reply. It fails with RedisError: the server's own error, or that the link was lost.

        Not for what waits in Redis (everybody behind it would too), nor for what changes its connection. LinkLost at
        once where too much waits already.
        """
        under_way = len(self._line.waiting) if self._line is not None else 0
        if self._closed or under_way + len(self._unsent) >= MOST_UNANSWERED:
            raise LinkLost("the link is closed" if self._closed else "too many commands wait")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._unsent.append((packed(*command), future))
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())
        return future

    def renew(self) -> None:
        """The next call goes over a new line; the old one gives the answers that are due. None for a young one."""
        if self._line is not None and not self._line.is_young:
            self._line.retire()
            self._line = None

    async def aclose(self) -> None:
        """Ends all lines. Whoever waits gets LinkLost."""
        self._closed = True
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.wait([self._sending])
        self._refuse(LinkLost("the link is closed"))
        lines = tuple(self._lines)
        for line in lines:
            line.lose(LinkLost("the link is closed"))
        if lines:
            await asyncio.wait([line.closing for line in lines])
        await self._pool.aclose()

    async def _send(self) -> None:
        try:
            while self._unsent:
                line = await self._connected()
                calls = [call for call in self._unsent if not call[1].done()]
                self._unsent = []
                try:
                    await line.send(calls)
                except Exception as error:  # uvloop has errors of its own
                    line.lose(_as_lost(error))
        except Exception as error:
            self._refuse(_as_lost(error))
        finally:
            self._sending = None

    async def _connected(self) -> _Line:
        """The line. Raises RedisError."""
        if self._line is None or self._line.lost:
            connection: Native = self._pool.make_connection()  # type: ignore[no-untyped-call]  # the driver's
            try:
                async with asyncio.timeout(self._patience_s):
                    await connection.connect()  # type: ignore[no-untyped-call]
            except TimeoutError:
                raise NoAnswer("the server does not say hello") from None
            line = self._line = _Line(connection, self._patience_s)
            self._lines.add(line)
            line.closing.add_done_callback(lambda _: self._lines.discard(line))
        return self._line

    def _refuse(self, error: Exception) -> None:
        calls, self._unsent = self._unsent, []
        for _, future in calls:
            settle(future, error)


def _as_lost(error: Exception) -> Exception:
    """As the driver says it, which callers know how to take."""
    return error if isinstance(error, RedisError) else LinkLost(str(error))
