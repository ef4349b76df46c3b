"""The yardstick: FastAPI routes with the body of POST /event and the query of a list that answer at once."""

from typing import Annotated

from fastapi import Body, FastAPI, Query

from web.wire.events import Event
from web.wire.recommendations import RecommendationQuery


def create() -> FastAPI:
    app = FastAPI()

    @app.post("/event")
    async def event(body: Annotated[Event, Body()]) -> dict[str, object]:
        return {"event_id": body.event_id or "none", "duplicate": False, "revision": 0}

    @app.get("/realtime-recommend")
    async def lists(query: Annotated[RecommendationQuery, Query()]) -> dict[str, object]:
        return {"user_id": query.user_id, "items": []}

    return app
