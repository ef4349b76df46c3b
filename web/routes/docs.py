"""The description of this interface, for programs and for people."""

from functools import cache
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from web.access import Access, open_to
from web.asyncapi import asyncapi
from web.docs_page import docs_page
from web.json_output import json_answer
from web.routing import StrictRoute

router = APIRouter(route_class=StrictRoute, include_in_schema=False)


@router.get("/")
@open_to(Access.PUBLIC)
async def get_start() -> Response:
    """Whoever comes without a path is shown what there is."""
    return RedirectResponse("/docs", 307)


@router.get("/openapi.json")
@open_to(Access.PUBLIC)
async def get_openapi(request: Request) -> Response:
    """OpenAPI 3.1."""
    return json_answer(request.app.openapi())


@router.get("/asyncapi.json")
@open_to(Access.PUBLIC)
async def get_asyncapi() -> Response:
    """AsyncAPI 3.0, of the sockets."""
    return json_answer(_asyncapi())


@router.get("/docs")
@open_to(Access.PUBLIC)
async def get_docs(request: Request) -> Response:
    """The same as a page, which needs no script from anywhere."""
    return HTMLResponse(docs_page(request.app.openapi()))


@cache
def _asyncapi() -> dict[str, Any]:
    """Made once: the models do not change."""
    return asyncapi()
