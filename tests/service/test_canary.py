"""A worker finds out whether it hears what is published, and who else does."""

from typing import Any

import fakeredis
import pytest

from tests.clock import Clock
from tests.service.screens import watching
from tests.service.shop import Shop, comes_true, open_real_shop, open_shop

QUIET: dict[str, Any] = {"push_min_interval_ms": 0, "refresh_interval_s": 3_600.0}


@pytest.fixture(autouse=True)
def quick_heart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.canary.BEAT_INTERVAL_S", 0.02)
    monkeypatch.setattr("store.pushes.SILENCE_S", 0.1)


async def has(shop: Shop, **statistics: float) -> bool:
    found = shop.tandem.hub.statistics()
    return statistics.items() <= found.items()


async def test_a_link_that_lives_but_is_deaf_is_made_anew(
    clock: Clock, server: fakeredis.FakeServer
) -> None:
    async with open_shop(clock, server, **QUIET) as shop, watching(shop) as screens:
        hub = shop.tandem.hub
        await hub.join("ann", "socket")
        await comes_true(lambda: has(shop, push_workers=1))
        assert hub.hears
        links = hub.statistics()["push_links"]
        server.subscribers.clear()
        await comes_true(lambda: _hears(shop, False))
        await comes_true(lambda: _hears(shop, True))
        assert hub.statistics()["push_links"] > links
        recorded = (await shop.act("ann", "view", "a"))[0]
        await screens.until_revision("ann", recorded.revision)


async def _hears(shop: Shop, hears: bool) -> bool:
    return shop.tandem.hub.hears is hears


async def test_workers_and_those_who_hear_are_counted(clock: Clock, real_redis_url: str) -> None:
    async with open_real_shop(clock, real_redis_url, **QUIET) as shop, watching(shop):
        async with open_real_shop(clock, real_redis_url, **QUIET) as other, watching(other):
            await comes_true(lambda: has(shop, push_workers=2, push_listeners=2))
            await comes_true(lambda: has(other, push_workers=2, push_listeners=2))
        await comes_true(lambda: has(shop, push_workers=1, push_listeners=1))


async def test_a_redis_that_is_away_is_not_taken_for_deafness(
    clock: Clock, server: fakeredis.FakeServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_shop(clock, server, **QUIET) as shop, watching(shop):
        await comes_true(lambda: has(shop, push_workers=1))
        server.connected = False
        await comes_true(lambda: _said(caplog, "a heartbeat waits for the store", 4))
        assert shop.tandem.hub.hears
        server.connected = True
        await comes_true(lambda: has(shop, push_heartbeats_unheard=0))


async def _said(caplog: pytest.LogCaptureFixture, text: str, times: int) -> bool:
    return sum(text in record.getMessage() for record in caplog.records) >= times
