"""A line to Redis that breaks after so many round trips, before the next is sent or when its answer comes."""

from dataclasses import dataclass
from typing import Any

from redis.asyncio import BlockingConnectionPool, Connection, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError


@dataclass(slots=True)
class Line:
    """Passes `left` round trips (None: all), then none; the answer to the last is lost where `loses_reply`."""

    left: int | None = None
    loses_reply: bool = False

    def client(self, url: str) -> Redis:
        """A client over this line that never repeats a command by itself."""
        pool = BlockingConnectionPool.from_url(
            url,
            connection_class=self._connection_class(),
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
        return Redis.from_pool(pool)

    def _connection_class(self) -> type[Connection]:
        line = self

        class Cut(Connection):
            async def send_packed_command(self, command: Any, check_health: bool = True) -> None:
                if line.left is not None:
                    if line.left == 0:
                        raise ConnectionError("cut")
                    line.left -= 1
                await super().send_packed_command(command, check_health)

            async def read_response(self, *arguments: Any, **options: Any) -> Any:
                answer = await super().read_response(*arguments, **options)
                if line.left == 0 and line.loses_reply:
                    await self.disconnect()
                    raise ConnectionError("cut")
                return answer

        return Cut
