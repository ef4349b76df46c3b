"""What tests of the store may ask for beside the common fixtures."""

from collections.abc import Iterator

import pytest

from store.keys import Keys
from store.recording import Limits
from tests.store.server import Server, fake_server
from tests.store.twins import Twins


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.real_redis)])
def server(request: pytest.FixtureRequest) -> Server:
    """The same test on a fake and on a real server, with as many clients as it wants."""
    if request.param == "fake":
        return fake_server()
    return Server(request.getfixturevalue("real_redis_url"))


@pytest.fixture
def twins(server: Server) -> Iterator[Twins]:
    """Redis and the model with production's limits, both empty."""
    twins = Twins(server, Limits(), Keys())
    yield twins
    twins.close()
