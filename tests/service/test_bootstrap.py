"""Opening and closing the whole."""

import fakeredis
import pytest

from service.bootstrap import open_recommender, system_clock
from service.settings import Settings
from store.errors import StoreMismatch, StoreUnavailable
from tests.clock import Clock
from tests.redis_server import free_port
from tests.service.shop import open_shop


async def test_two_workers_share_a_database(clock: Clock) -> None:
    server = fakeredis.FakeServer()
    async with open_shop(clock, server) as shop, open_shop(clock, server) as other:
        await shop.view("ann", "a")
        assert (await other.recommender.user("ann")).history[0].item_id == "a"


@pytest.mark.parametrize("changed", [{"partitions": 2}, {"event_ttl_s": 86_400}], ids=str)
async def test_a_database_made_otherwise_is_refused(clock: Clock, changed: dict[str, int]) -> None:
    server = fakeredis.FakeServer()
    async with open_shop(clock, server):
        pass
    with pytest.raises(StoreMismatch):
        async with open_shop(clock, server, **changed):
            pass


async def test_shops_with_different_prefixes_know_nothing_of_each_other(clock: Clock) -> None:
    server = fakeredis.FakeServer()
    async with (
        open_shop(clock, server) as shop,
        open_shop(clock, server, key_prefix="other:", partitions=3) as other,
    ):
        await shop.crowd("ab")
        assert await other.shown("ann") == []


async def test_without_a_redis_it_does_not_open() -> None:
    settings = Settings(redis_url=f"redis://127.0.0.1:{free_port()}/0")
    with pytest.raises(StoreUnavailable):
        async with open_recommender(settings):
            pass


def test_the_system_clock_counts_milliseconds() -> None:
    assert 1_700_000_000_000 < system_clock() < 10_000_000_000_000
