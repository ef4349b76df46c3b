"""A Redis that several clients can be opened on."""

from dataclasses import dataclass

import fakeredis
import redis
from redis.asyncio import Redis as AsyncRedis


@dataclass(frozen=True, slots=True)
class Server:
    """The real Redis of `url`, else one in this process."""

    url: str = ""
    fake: fakeredis.FakeServer | None = None

    def client(self) -> redis.Redis:
        if self.fake is not None:
            return fakeredis.FakeRedis(server=self.fake, decode_responses=True)
        return redis.Redis.from_url(self.url, decode_responses=True)

    def raw_client(self) -> redis.Redis:
        """One that gives values as bytes, such as DUMP's."""
        if self.fake is not None:
            return fakeredis.FakeRedis(server=self.fake)
        return redis.Redis.from_url(self.url)

    def async_client(self) -> AsyncRedis:
        if self.fake is not None:
            return fakeredis.FakeAsyncRedis(server=self.fake, decode_responses=True)
        return AsyncRedis.from_url(self.url, decode_responses=True)


def fake_server() -> Server:
    return Server(fake=fakeredis.FakeServer())
