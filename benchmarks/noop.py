"""The yardstick: a FastAPI route with the body of POST /event that answers at once."""

from typing import Annotated

from fastapi import Body, FastAPI

from web.wire.events import Event


def create() -> FastAPI:
    app = FastAPI()

    @app.post("/event")
    async def event(body: Annotated[Event, Body()]) -> dict[str, object]:
        return {"event_id": body.event_id or "none", "duplicate": False, "revision": 0}

    return app
