"""Commands packed natively are what the driver would send."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Connection, Redis
from redis.exceptions import DataError

from store.connection import open_client, open_listener
from store.native import Native, packed

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
