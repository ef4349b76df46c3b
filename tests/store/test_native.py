"""Commands packed and replies read natively are what the driver would send and give."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from hiredis import Reader
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Connection, Redis
from redis.asyncio.client import PubSub
from redis.exceptions import ConnectionError as LinkLost
from redis.exceptions import DataError, ReadOnlyError, ResponseError

from store.connection import open_client, open_listener
from store.linked_client import LinkedRedis
from store.native import INCOMPLETE, Native, hear, packed

names = st.sampled_from(["GET", "SCRIPT LOAD", "CLIENT SETNAME", b"EVALSHA", b"CONFIG GET"])
arguments = (
    st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary()
    | st.integers()
    | st.floats(allow_nan=False)
)


@given(names, st.lists(arguments, max_size=5))
def test_the_bytes_are_the_drivers(name: str | bytes, more: list[Any]) -> None:
    assert packed(name, *more) == b"".join(Connection().pack_command(name, *more))


@pytest.mark.parametrize("open_", [open_client, open_listener])
async def test_a_client_packs_natively_wherever_its_redis_is(open_: Callable[[str], Redis]) -> None:
    for url in (
        "redis://localhost",
        "rediss://localhost",
        "unix:///tmp/redis.sock",
        "redis+sentinel://localhost/main",
        "rediss+sentinel://localhost/main",
    ):
        client = open_(url)
        connection = client.connection_pool.make_connection()  # type: ignore[no-untyped-call]
        assert isinstance(connection, Native)
        await client.aclose()


@pytest.mark.parametrize("value", [None, True, object()])
def test_what_cannot_be_sent_is_the_drivers_error(value: object) -> None:
    with pytest.raises(DataError):
        packed("GET", value)


def connection_of(client: LinkedRedis, *replies: bytes) -> Native:
    """One of the client's link, to which these replies have come."""
    connection: Native = client.link._pool.make_connection()  # type: ignore[no-untyped-call]
    connection._parser._reader = Reader(
        replyError=connection._parser.parse_error, notEnoughData=INCOMPLETE, encoding="utf-8"
    )
    connection.feed(b"".join(replies))
    return connection


def test_replies_come_one_after_another_as_far_as_they_are_there() -> None:
    connection = connection_of(open_client("redis://localhost"), b"+OK\r\n-ERR no\r\n$5\r\nhe")
    assert connection.next_reply() == "OK"
    assert isinstance(connection.next_reply(), ResponseError)
    assert connection.next_reply() is INCOMPLETE
    connection.feed(b"llo\r\n")
    assert connection.next_reply() == "hello"


READ_ONLY = b"-READONLY You can't write against a read only replica.\r\n"


def test_a_primary_that_is_none_any_more_is_a_lost_link_where_sentinels_know_another() -> None:
    alone, watched = (
        open_client("redis://localhost"),
        open_client("redis+sentinel://localhost/main"),
    )
    assert isinstance(connection_of(alone, READ_ONLY).next_reply(), ReadOnlyError)
    with pytest.raises(LinkLost):
        connection_of(watched, READ_ONLY).next_reply()


def test_a_server_that_loads_is_a_lost_link() -> None:
    loading = b"-LOADING Redis is loading the dataset in memory\r\n"
    with pytest.raises(LinkLost):
        connection_of(open_client("redis://localhost"), loading).next_reply()


@pytest.fixture
async def listener(real_redis_url: str) -> AsyncIterator[PubSub]:
    client = open_listener(real_redis_url)
    async with client.pubsub() as pubsub:
        yield pubsub
    await client.aclose()


@pytest.mark.real_redis
async def test_what_a_subscription_is_told_is_heard(listener: PubSub, real_redis: Redis) -> None:
    await listener.subscribe("news")
    assert await hear(listener, 1.0) == ("subscribe", "news", "1")
    for text in ("one", "two"):
        await real_redis.publish("news", text)
    assert await hear(listener, 1.0) == ("message", "news", "one")
    assert await hear(listener, 1.0) == ("message", "news", "two")
    assert await hear(listener, 0.01) is None
    await listener.ping()
    assert await hear(listener, 1.0) == ("pong", "", "")


@pytest.mark.real_redis
async def test_of_what_was_left_nothing_is_kept(listener: PubSub) -> None:
    for channel in map(str, range(20)):
        await listener.subscribe(channel)
        await hear(listener, 1.0)
        await listener.unsubscribe(channel)
        assert (await hear(listener, 1.0) or "")[0] == "unsubscribe"
    assert not listener.channels
    assert not listener.pending_unsubscribe_channels


@pytest.mark.real_redis
async def test_a_listener_that_is_thrown_out_hears_of_it(
    listener: PubSub, real_redis: Redis
) -> None:
    await listener.subscribe("news")
    await hear(listener, 1.0)
    await real_redis.client_kill_filter(_type="pubsub")
    with pytest.raises(LinkLost):
        await hear(listener, 1.0)
