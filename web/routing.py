"""Two kinds of route: FastAPI's with strict bodies, and a lean one for the paths that must be fast.

Both ask the guard before they read anything; neither can be made without a declared key.
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from service.availability import SPARE_S, answered_in_time, deadline
from web.access import Caller, Declaration, UndeclaredRoute, address_of, declaration_of
from web.json_input import read_json
from web.worker import worker_of

CALLER = "tandem.caller"
LeanEndpoint = Callable[[Request], Awaitable[ASGIApp]]  # a Response is one


class StrictRequest(Request):
    """A request whose JSON is read as `json_input` says, whatever FastAPI would take."""

    async def body(self) -> bytes:
        if not hasattr(self, "_json"):
            self._json = await read_json(self.scope, self._receive)
        # FastAPI asks for bytes only to see whether there are any.
        return b"json"

    async def json(self) -> Any:
        await self.body()
        return self._json


class StrictRoute(APIRoute):
    """A FastAPI route. Raises UndeclaredRoute when made without a declared key."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        declaration = declaration_of(self.endpoint)
        answer = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            await admit(request, declaration)
            strict = StrictRequest(request.scope, request.receive)
            if self.body_field is not None:
                await strict.json()  # a slow sender's time is their own
            with answered_in_time(deadline(SPARE_S)):
                return await answer(strict)

        return guarded


class LeanRoute(APIRoute):
    """Documented like a FastAPI route, run without its machinery (a third of the time of an event).

    The endpoint takes the request, reads it by itself and gives back what answers, mostly a Response.
    """

    def __init__(self, path: str, endpoint: LeanEndpoint, **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.app = _lean(endpoint, declaration_of(endpoint))


async def admit(request: Request, declaration: Declaration) -> None:
    """Keeps out whoever may not call, or calls too often; leaves the caller to the endpoint."""
    worker = worker_of(request)
    caller = worker.guard.admit(request.scope, declaration)
    request.scope[CALLER] = caller
    if declaration.limited:
        await worker.count(worker.limits.of(caller, address_of(request.scope)))


def caller_of(request: Request) -> Caller:
    """Who calls, as the guard found."""
    caller: Caller = request.scope[CALLER]
    return caller


def check_declared(routes: Iterable[BaseRoute]) -> None:
    """Raises UndeclaredRoute for a route that nobody guards."""
    for route in routes:
        if not isinstance(route, StrictRoute | LeanRoute):
            raise UndeclaredRoute(getattr(route, "path", repr(route)))


def _lean(endpoint: LeanEndpoint, declaration: Declaration) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        await admit(request, declaration)
        response = await endpoint(request)
        await response(scope, receive, send)

    return answer
