"""What tests of the demo may ask for beside the common fixtures."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import fakeredis
import pytest

from demo.shop.setup import Loaded, set_up
from tests.clock import Clock
from tests.demo.counted import counted
from tests.service.shop import Shop, open_shop


@dataclass(frozen=True, slots=True)
class LoadedStore:
    """A database into which the sample shop was loaded, and all that was counted then."""

    server: fakeredis.FakeServer
    loaded: Loaded
    counted: dict[str, Any]


@pytest.fixture(scope="session")
def loaded_store() -> LoadedStore:
    """Loaded once, at the time at which every test's clock starts."""
    return asyncio.run(_load())


async def _load() -> LoadedStore:
    server, clock = fakeredis.FakeServer(), Clock()
    async with open_shop(clock, server) as shop:
        loaded = await set_up(shop.tandem, clock)
    assert loaded is not None
    return LoadedStore(server, loaded, counted(server))


@pytest.fixture
async def sample_shop(clock: Clock, loaded_store: LoadedStore) -> AsyncIterator[Shop]:
    """A worker on that database. Tests share it: each acts as users of its own."""
    async with open_shop(clock, loaded_store.server) as shop:
        yield shop
