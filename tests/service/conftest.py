"""What tests of the service may ask for beside the common fixtures."""

from collections.abc import AsyncIterator

import fakeredis
import pytest

from tests.clock import Clock
from tests.service.shop import Shop, open_shop


@pytest.fixture
def server() -> fakeredis.FakeServer:
    """The database behind `shop`, for tests that open a second line to it."""
    return fakeredis.FakeServer()


@pytest.fixture
async def shop(clock: Clock, server: fakeredis.FakeServer) -> AsyncIterator[Shop]:
    """A worker with default settings and an empty database."""
    async with open_shop(clock, server) as opened:
        yield opened
