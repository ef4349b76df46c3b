"""The production app on an empty Redis in this process."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from typing import Any

import fakeredis
import httpx2
import jwt
import pytest
from redis.asyncio import Redis

from service.bootstrap import open_recommender
from service.settings import Settings
from store.connection import Clients
from tests.asgi import http_client, started
from tests.clock import START_MS, Clock
from tests.serving import Browser, served
from web.app import Application, create_app

SECRET = "a secret of thirty-two bytes, or more"

StartApp = Callable[..., Awaitable[Application]]
Serve = Callable[..., Awaitable[tuple[Application, str]]]


def token_of(user_id: str) -> str:
    """As a shop's server makes it; good for the first minute of the test's clock."""
    claims = {"sub": user_id, "aud": "tandem", "exp": START_MS // 1_000 + 60}
    return jwt.encode(claims, SECRET, algorithm="HS256")


@pytest.fixture
def fake_server() -> fakeredis.FakeServer:
    return fakeredis.FakeServer()


@pytest.fixture
async def redis(fake_server: fakeredis.FakeServer) -> AsyncIterator[Redis]:
    """A look into the app's Redis."""
    client = fakeredis.FakeAsyncRedis(server=fake_server, decode_responses=True)
    yield client
    await client.aclose()


@pytest.fixture
async def start_app(fake_server: fakeredis.FakeServer, clock: Clock) -> AsyncIterator[StartApp]:
    """Starts the app with these settings, as a server would; it is stopped after the test."""
    async with AsyncExitStack() as running:

        async def start(**settings: Any) -> Application:
            app = create_app(
                Settings(**settings),
                open_service=partial(open_fake, fake_server, clock),
                clock=clock,
            )
            await running.enter_async_context(started(app))
            await _hears(fake_server)
            return app

        yield start


@pytest.fixture
async def serve(fake_server: fakeredis.FakeServer, clock: Clock) -> AsyncIterator[Serve]:
    """Serves the app with these settings on a loopback port: the app and its address."""
    async with AsyncExitStack() as running:

        async def start(**settings: Any) -> tuple[Application, str]:
            open_service = partial(open_fake, fake_server, clock)
            app = create_app(Settings(**settings), open_service=open_service, clock=clock)
            return app, await running.enter_async_context(served(app))

        yield start


@pytest.fixture
async def browsers() -> AsyncIterator[Callable[[], Browser]]:
    """Makes Socket.IO clients; they are closed after the test."""
    made: list[Browser] = []

    def make() -> Browser:
        made.append(Browser())
        return made[-1]

    yield make
    for browser in made:
        await browser.close()


@pytest.fixture
async def app(start_app: StartApp) -> Application:
    """Without keys: open to this machine."""
    return await start_app()


@pytest.fixture
async def http(app: Application) -> AsyncIterator[httpx2.AsyncClient]:
    async with http_client(app) as client:
        yield client


async def _hears(server: fakeredis.FakeServer) -> None:
    """Returns once the app has subscribed: until then what others change passes it by."""
    async with fakeredis.FakeAsyncRedis(server=server) as client:
        while not await client.pubsub_channels():  # noqa: ASYNC110 - nothing to wait for
            await asyncio.sleep(0)


def open_fake(
    server: fakeredis.FakeServer, clock: Clock, settings: Settings
) -> AbstractAsyncContextManager[Any]:
    """Opens the service on a Redis in this process."""
    clients = Clients(
        *(fakeredis.FakeAsyncRedis(server=server, decode_responses=True) for _ in "ab")
    )
    return open_recommender(settings, clock, clients, random.Random(7))
