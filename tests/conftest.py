"""What every test may ask for: a clock, a fake Redis, a real Redis."""

import os
import shutil
from collections.abc import AsyncIterator, Generator, Iterator

import fakeredis
import hypothesis
import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from scoring.kernels import COMPILED
from tests.clock import Clock
from tests.redis_server import RedisServer, running_redis_server

PROGRAM_OF_MARKER = {
    "real_redis": "redis-server",
    "nginx": "nginx",
    "chromium": "chromium",
    "compiler": "cc",
    "faketime": "faketime",
    "openssl": "openssl",
}

# Tests share their machine: a slow example is no failure.
hypothesis.settings.register_profile(
    "tandem", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("tandem")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Who asks for the real server is marked as needing it."""
    for item in items:
        if "redis_server" in getattr(item, "fixturenames", ()):
            item.add_marker("real_redis")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, program in PROGRAM_OF_MARKER.items():
        if item.get_closest_marker(marker) and shutil.which(program) is None:
            pytest.skip(f"{program} is not on PATH")
    if item.get_closest_marker("compiled") and not COMPILED:
        pytest.skip("scoring/kernels_compiled.pyx was not compiled")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With TANDEM_REQUIRE_REAL=1 a test that needs a real program, or what is compiled, may not be skipped, for any
    reason.
    """
    report = yield
    needs_more = any(map(item.get_closest_marker, (*PROGRAM_OF_MARKER, "compiled")))
    if os.environ.get("TANDEM_REQUIRE_REAL") == "1" and needs_more and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped although TANDEM_REQUIRE_REAL=1: {report.longreprtext}"
    return report


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One server for the whole run: a test that stops or reconfigures a server starts its own."""
    with running_redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def real_redis_url(redis_server: RedisServer) -> str:
    """The URL of an empty real Redis."""
    redis_server.flush()
    return redis_server.url


@pytest.fixture
async def fake_redis() -> AsyncIterator[Redis]:
    """An empty Redis in this process, shared with no other test."""
    client = fakeredis.FakeAsyncRedis(server=fakeredis.FakeServer(), decode_responses=True)
    yield client
    await client.aclose()


@pytest.fixture
async def real_redis(real_redis_url: str) -> AsyncIterator[Redis]:
    """A client of an empty real Redis that, as in production, never repeats a command by itself."""
    client = Redis.from_url(
        real_redis_url, decode_responses=True, socket_timeout=5.0, retry=Retry(NoBackoff(), 0)
    )
    yield client
    await client.aclose()


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.real_redis)])
def redis_client(request: pytest.FixtureRequest) -> Redis:
    """The same test on the fake and on the real one."""
    client: Redis = request.getfixturevalue(f"{request.param}_redis")
    return client
