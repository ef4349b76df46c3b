"""redis-py's client with its single commands sent over the link that all callers of a worker share."""

from collections.abc import Sequence
from typing import Any, TypeGuard

from redis.asyncio import ConnectionPool, Redis

from store.link import Link

MOST_TOGETHER = 100  # more would hold up what others ask for, and have a connection of their own


class LinkedRedis(Redis):
    """A client of redis-py whose single commands go over one `Link`; pipelines have connections of their own."""

    def __init__(self, pool: ConnectionPool, link: Link) -> None:
        """`pool`: for pipelines. Both are closed with the client."""
        super().__init__(connection_pool=pool)
        self.auto_close_connection_pool = True
        self.link = link

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """The reply, in the form in which the driver gives it."""
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
        try:
            await self.link.aclose()
        finally:
            await super().aclose(close_connection_pool)


def is_linked(redis: Redis) -> TypeGuard[LinkedRedis]:
    """Whether its single commands arrive in the order in which they are sent, while they go to the same server."""
    return isinstance(redis, LinkedRedis)


async def connect_anew(redis: Redis) -> None:
    """Has further commands go over new connections: another server may have become the primary."""
    if is_linked(redis):
        redis.link.renew()
    await redis.connection_pool.disconnect(inuse_connections=False)


async def ask_together(redis: Redis, commands: Sequence[Sequence[Any]]) -> list[Any]:
    """The replies to commands that are sent in one piece, whatever becomes of the others. One round trip."""
    if is_linked(redis) and len(commands) <= MOST_TOGETHER:
        return await redis.together(commands)
    async with redis.pipeline(transaction=False) as pipe:
        for command in commands:
            pipe.execute_command(*command)
        return await pipe.execute()
