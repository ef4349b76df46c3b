"""The paths that must be fast, answered before the framework's middleware sees them.

FastAPI's own layers (telemetry, body limits, exit stacks) cost more than recording an event does. The lean routes
need none of them: they read, guard and answer by themselves. They stay in the framework's table, for OpenAPI and for
whatever does not match exactly here.
"""

from collections.abc import Iterable

from fastapi import FastAPI
from starlette.requests import ClientDisconnect, Request
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from service.errors import ServiceError
from web.error_answers import client_gone, problem_answer, unexpected
from web.routing import LeanRoute


class HotPaths:
    """Wraps the app: lean routes without path parameters by method and path, all else to the app."""

    def __init__(self, app: FastAPI, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        self._table = {
            (method, route.path): route
            for route in routes
            if isinstance(route, LeanRoute) and "{" not in route.path
            for method in route.methods or ()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hot = scope["type"] == "http"
        route = self._table.get((scope["method"], scope["path"])) if hot else None
        if route is None:
            await self._app(scope, receive, send)
            return
        scope["app"], scope["route"], scope["path_params"] = self._app, route, {}
        try:
            # A lean endpoint sends its whole answer at once, so nothing was sent when it fails.
            await route.app(scope, receive, send)
        except ServiceError as error:
            await problem_answer(Request(scope), error)(scope, receive, send)
        except ClientDisconnect as error:
            await client_gone(Request(scope), error)(scope, receive, send)
        except Exception as error:
            await unexpected(Request(scope), error)(scope, receive, send)
            raise
