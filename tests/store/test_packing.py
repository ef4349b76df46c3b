"""Commands packed natively are what the driver would send."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Connection

from store.connection import open_client
from store.packing import NativelyPacked

names = st.sampled_from(["GET", "SCRIPT LOAD", "CLIENT SETNAME", b"EVALSHA", b"CONFIG GET"])
arguments = (
    st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary()
    | st.integers()
    | st.floats(allow_nan=False)
)


@given(names, st.lists(arguments, max_size=5))
def test_the_bytes_are_the_drivers(name: str | bytes, more: list[Any]) -> None:
    packed = NativelyPacked().pack_command(name, *more)
    assert b"".join(packed) == b"".join(Connection().pack_command(name, *more))


async def test_a_client_packs_natively_wherever_its_redis_is() -> None:
    for url in (
        "redis://localhost",
        "rediss://localhost",
        "unix:///tmp/redis.sock",
        "redis+sentinel://localhost/main",
        "rediss+sentinel://localhost/main",
    ):
        client = open_client(url)
        connection = client.connection_pool.make_connection()  # type: ignore[no-untyped-call]
        assert isinstance(connection, NativelyPacked)
        await client.aclose()
