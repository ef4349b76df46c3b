"""The pages' scripts, styles and images."""

from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from web.access import Access, open_to
from web.routing import StrictRoute

router = APIRouter(route_class=StrictRoute, include_in_schema=False)
_FILES = StaticFiles(directory=Path(__file__).parents[1] / "static", check_dir=False)


@router.get("/static/{path:path}")
@open_to(Access.PUBLIC)
async def get_static(path: str, request: Request) -> Response:
    """A file of web/static, and nothing beside it."""
    return await _FILES.get_response(path, request.scope)
