"""For those who run it: is it alive, is it ready, how is it doing."""

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import ConfigDict, Field
from starlette.responses import Response

from web.access import Access, open_to
from web.json_output import json_answer
from web.routing import StrictRoute
from web.wire.fields import Output
from web.worker import WorkerOf

router = APIRouter(route_class=StrictRoute, tags=["operations"])


class Health(Output):
    """The process answers."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok", "worker": "api-1"}]})

    status: str = Field(description="ok.")
    worker: str = Field(description="The worker that answers.")


class Readiness(Output):
    """Whether requests should be sent here."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"ready": True, "checks": {"redis": True, "pushes": True, "not_draining": True}}
            ]
        }
    )

    ready: bool = Field(description="Whether all checks are well.")
    checks: dict[str, bool] = Field(description="What was asked, and whether it is well.")


@router.get(
    "/healthz", operation_id="getHealth", summary="Is the process alive", response_model=Health
)
@open_to(Access.PUBLIC)
async def get_health(worker: WorkerOf) -> Health:
    """Asks nothing of Redis: a restart would not bring Redis back."""
    return Health(status="ok", worker=worker.name)


@router.get(
    "/readyz",
    operation_id="getReadiness",
    summary="Should requests be sent here",
    response_model=Readiness,
    responses={503: {"model": Readiness, "description": "Not now"}},
)
@open_to(Access.PUBLIC)
async def get_readiness(worker: WorkerOf) -> Response:
    """503 while Redis is away, while what is published does not arrive (`pushes`), before the start has finished,
    and from SIGTERM on."""
    checks = {"running": worker.tandem is not None, "not_draining": not worker.draining}
    if worker.tandem is not None:
        checks |= {**await worker.recommender.ready(), "pushes": worker.tandem.hub.hears}
    ready = all(checks.values())
    return json_answer({"ready": ready, "checks": checks}, 200 if ready else 503)


@router.get(
    "/metrics",
    operation_id="getMetrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
@open_to(Access.SERVER)
async def get_metrics(worker: WorkerOf) -> Response:
    """Of this worker; no label holds an id of a user or an item."""
    return Response(worker.metrics.page(), media_type=CONTENT_TYPE_LATEST)
