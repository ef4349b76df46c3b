"""What Socket.IO clients get that begin with HTTP long polling, as they do unless told otherwise."""

from fastapi import APIRouter

from web.access import Access, open_to
from web.problems import BadRequest
from web.routing import StrictRoute
from web.sockets.server import PATHS

router = APIRouter(route_class=StrictRoute, include_in_schema=False)


@open_to(Access.PUBLIC)
async def refuse_polling() -> None:
    """400, as Engine.IO's servers answer to a transport that they do not have."""
    raise BadRequest(
        "websocket_only",
        'Only the WebSocket transport is served: connect with transports: ["websocket"].',
    )


for path in PATHS:
    router.add_api_route(path, refuse_polling, methods=["GET", "POST"])
