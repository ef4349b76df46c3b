"""The application: HTTP and Socket.IO as one ASGI app, opened and closed with the service."""

import logging
import os
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from service.bootstrap import Tandem, open_recommender, system_clock
from service.redis_ladder import redis_place
from service.setting_names import unknown_names, warning_of
from service.settings import Settings
from service.worker import worker_name
from web.access import Guard
from web.crowd import Crowd
from web.drain import before_stop
from web.edge import Edge
from web.error_answers import RATE_HEADERS, install
from web.garbage import collected_often
from web.hot_paths import HotPaths
from web.limits import RequestLimits
from web.metrics import Metrics
from web.openapi import DocumentedApp
from web.routes import (
    admin,
    catalogue,
    dead_letters,
    docs,
    events,
    imports,
    keys,
    operations,
    polling,
    recommendations,
    rules,
    static_files,
    users,
    weights,
)
from web.routing import check_declared
from web.sockets.server import SocketServer
from web.tokens import Tokens
from web.worker import Worker

# The hot paths first: routes are tried in order.
ROUTERS = (
    events.router,
    recommendations.lean,
    recommendations.router,
    catalogue.router,
    users.router,
    admin.router,
    keys.router,
    imports.router,
    dead_letters.router,
    weights.router,
    rules.router,
    operations.router,
    docs.router,
    polling.router,
    static_files.router,
)
DRAIN_S_PER_SOCKET = 0.01
DRAIN_MAX_S = 8.0
OpenService = Callable[[Settings], AbstractAsyncContextManager[Tandem]]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Application:
    """One ASGI app: WebSockets are Socket.IO's, all else is HTTP's, the lifespan included."""

    fastapi: FastAPI
    sockets: SocketServer
    worker: Worker
    http: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self.sockets if scope["type"] == "websocket" else self.http
        await app(scope, receive, send)


def create_app(
    settings: Settings,
    *,
    open_service: OpenService = open_recommender,
    clock: Callable[[], int] = system_clock,
    routers: Sequence[APIRouter] = ROUTERS,
) -> Application:
    """The app for these settings. Nothing is opened before the server starts it.

    Raises UndeclaredRoute for a route without a declared key, ValueError for a short token secret.
    """
    secrets = settings.token_secrets
    tokens = Tokens(secrets, clock, settings.token_ttl_s) if secrets else None
    guard, limits = Guard(settings, tokens), RequestLimits(settings)
    worker = Worker(worker_name(settings), guard, limits, Metrics(), clock)
    sockets = SocketServer(worker, settings, tokens)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with _running(settings, open_service, worker, sockets):
            yield

    http = DocumentedApp(lifespan=lifespan)
    http.state.worker = worker
    for router in routers:
        # Not include_router, which wraps each route in one that is slower and hides its class.
        http.router.routes.extend(router.routes)
    check_declared(http.routes)
    install(http)
    answering = Crowd(HotPaths(http, http.routes), settings.max_requests)
    edge = Edge(_allowing(settings.origins, answering), worker.metrics)
    return Application(http, sockets, worker, edge)


def app_from_environment() -> Application:
    """A factory for uvicorn: `uvicorn --factory web.app:app_from_environment`."""
    for name in unknown_names(os.environ):
        log.warning(warning_of(name))
    return create_app(Settings(), open_service=_open_on_ladder)


@asynccontextmanager
async def _open_on_ladder(settings: Settings) -> AsyncIterator[Tandem]:
    """With the Redis of the settings, or the private one of the data folder."""
    with redis_place(settings) as place:
        found = settings.model_copy(update={"redis_url": place.url})
        async with open_recommender(found) as tandem:
            yield tandem


@asynccontextmanager
async def _running(
    settings: Settings, open_service: OpenService, worker: Worker, sockets: SocketServer
) -> AsyncIterator[None]:
    async def drain() -> None:
        worker.draining = True
        spread_s = min(DRAIN_MAX_S, DRAIN_S_PER_SOCKET * len(sockets.connections))
        await sockets.drain(spread_s, random.Random())

    async with (
        open_service(settings) as tandem,
        collected_often(),
        tandem.hub.running(sockets.deliver),
        tandem.jobs.watching(),
        tandem.learner.sent_in_time(),
        tandem.recommender.ready_for_outages(),
        tandem.recorder.kept_checked(),
    ):
        worker.tandem = tandem
        worker.metrics.watch(tandem.recommender.statistics)
        worker.metrics.watch(tandem.hub.statistics)
        worker.metrics.watch_predictions(lambda: tandem.learner.predictions)
        _say_who_may_call(settings)
        try:
            with before_stop(drain):
                yield
        finally:
            await sockets.aclose()
            worker.tandem = None


def _say_who_may_call(settings: Settings) -> None:
    if settings.demo_open:
        log.warning("Open demo: everybody may do everything. Never with real data.")
    elif not settings.keyed:
        log.warning("No keys are configured: only clients of this machine are answered.")


def _allowing(origins: Sequence[str], app: ASGIApp) -> ASGIApp:
    """Around everything, so that hot paths too tell browsers who may call."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=list(origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "X-Api-Key", "Content-Type", "X-Request-Id"],
        expose_headers=["X-Request-Id", "Retry-After", "Location", *RATE_HEADERS],
    )
