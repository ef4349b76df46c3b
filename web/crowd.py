"""A bound on how many requests a worker answers at a time: a slow Redis makes refusals, not a queue without end."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from service.availability import RETRY_AFTER_S
from service.errors import Unavailable
from web.error_answers import problem_answer

WORKER_FULL_TEXT = "This worker answers too many requests at a time."
# Who watches the worker is told how it is, above all then.
ALWAYS = frozenset({"/healthz", "/readyz", "/metrics"})


class Crowd:
    """Wraps an ASGI app, inside of what every answer gets: refusals too tell browsers who may read them."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self.limit = limit
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._running += 1
        try:
            await self._chosen(scope)(scope, receive, send)
        finally:
            self._running -= 1

    def _chosen(self, scope: Scope) -> ASGIApp:
        if self._running <= self.limit or scope["path"] in ALWAYS:
            return self._app
        error = Unavailable("overloaded", WORKER_FULL_TEXT, retry_after_s=RETRY_AFTER_S)
        return problem_answer(Request(scope), error)
