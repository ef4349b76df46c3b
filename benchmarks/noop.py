"""The yardstick: FastAPI routes with the body of POST /event and the parameters of a list, which answer at once."""

from typing import Annotated

from fastapi import Body, FastAPI

from web.wire.events import Event


def create() -> FastAPI:
    app = FastAPI()

    @app.post("/event")
    async def event(body: Annotated[Event, Body()]) -> dict[str, object]:
        return {"event_id": body.event_id or "none", "duplicate": False, "revision": 0}

    @app.get("/realtime-recommend")
    async def lists(user_id: str, limit: int) -> dict[str, object]:
        return {"user_id": user_id, "limit": limit, "items": []}

    return app
