"""What tests of the service may ask for beside the common fixtures."""

from collections.abc import AsyncIterator

import pytest

from tests.clock import Clock
from tests.service.shop import Shop, open_shop


@pytest.fixture
async def shop(clock: Clock) -> AsyncIterator[Shop]:
    """A worker with default settings and an empty database."""
    async with open_shop(clock) as opened:
        yield opened
