"""The outermost layer of HTTP: request ids, security headers and timing, in one cheap step."""

import random
import re
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.metrics import NO_ROUTE, Metrics
from web.problems import REQUEST_ID

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
    """Wraps an ASGI app. A request id that a client sends is kept, if it is plain. A HEAD is answered as a GET, whose
    body the server leaves out.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._seconds_of = metrics.http_seconds_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
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

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            route = getattr(scope.get("route"), "path", NO_ROUTE)
            method = scope["method"] if route != NO_ROUTE else NO_ROUTE
            self._seconds_of(method, route, status).observe(perf_counter() - started)


def _request_id(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _CLIENTS_ID.fullmatch(value):
            return bytes(value)
    return b"%016x" % _random.getrandbits(64)
