"""The outermost layer of HTTP: request ids, security headers, timing and a bound, in one cheap step."""

import random
import re
from time import perf_counter

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.availability import RETRY_AFTER_S
from service.errors import Unavailable
from web.error_answers import problem_answer
from web.metrics import NO_ROUTE, Metrics
from web.problems import REQUEST_ID

WORKER_FULL_TEXT = "This worker answers too many requests at a time."
# Who watches the worker is told how it is, above all then.
ALWAYS = frozenset({"/healthz", "/readyz", "/metrics"})
_random = random.Random()  # no system call a request: ids need to differ, not to be secret
_CLIENTS_ID = re.compile(rb"[A-Za-z0-9._~@-]{1,128}")
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (
        b"content-security-policy",
        b"default-src 'self'; img-src 'self' data: https:; object-src 'none'; base-uri 'none'; "
        b"frame-ancestors 'none'",
    ),
)


class Edge:
    """Wraps an ASGI app. A request id that a client sends is kept, if it is plain.

    At most `limit` requests are answered at a time, so that a slow Redis makes refusals, not a queue without end.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, limit: int) -> None:
        self._app = app
        self._seconds = metrics.http_seconds
        self.limit = limit
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        request_id = _request_id(scope)
        scope[REQUEST_ID] = request_id.decode()
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = ((b"x-request-id", request_id), *_HEADERS)
                message["headers"] = [*message.get("headers", ()), *own]
            await send(message)

        self._running += 1
        try:
            await self._chosen(scope)(scope, receive, send_with_headers)
        finally:
            self._running -= 1
            route = getattr(scope.get("route"), "path", NO_ROUTE)
            method = scope["method"] if route != NO_ROUTE else NO_ROUTE
            self._seconds.labels(method, route, status).observe(perf_counter() - started)

    def _chosen(self, scope: Scope) -> ASGIApp:
        if self._running <= self.limit or scope["path"] in ALWAYS:
            return self._app
        error = Unavailable("overloaded", WORKER_FULL_TEXT, retry_after_s=RETRY_AFTER_S)
        return problem_answer(Request(scope), error)


def _request_id(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _CLIENTS_ID.fullmatch(value):
            return bytes(value)
    return b"%016x" % _random.getrandbits(64)
