"""Rebuild jobs: start, watch, cancel."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from web.access import Access, open_to
from web.routes.documented import errors
from web.routes.problem_examples import JOB_ENDED, STORE_AWAY, UNKNOWN_JOB, no_id, wrong
from web.routing import StrictRoute
from web.wire.fields import ID_PATTERN
from web.wire.jobs import RebuildJob
from web.worker import WorkerOf

router = APIRouter(prefix="/admin", route_class=StrictRoute, tags=["admin"])
JobId = Annotated[str, Path(pattern=ID_PATTERN, description="The job.")]
Scope = Annotated[
    Literal["recent", "all"],
    Query(description="Whose lists are made anew: the 1,000 users who acted last, or all."),
]
WRONG_SCOPE = wrong("scope", "invalid_value", "'recent' or 'all' is wanted.")


@router.post(
    "/update-all-recommendations",
    operation_id="startRebuild",
    summary="Rebuild what is computed in batch",
    status_code=202,
    response_model=RebuildJob,
    responses=errors(WRONG_SCOPE, STORE_AWAY),
)
@open_to(Access.ADMIN)
async def start_rebuild(
    worker: WorkerOf, response: Response, scope: Scope = "recent"
) -> RebuildJob:
    """One runs at a time in the whole fleet; `Location` says where to watch it."""
    job = await worker.service.jobs.start(scope)
    response.headers["Location"] = f"/admin/jobs/{job.job_id}"
    return RebuildJob.of(job)


@router.get(
    "/jobs/{job_id}",
    operation_id="getJob",
    summary="How far a job is",
    response_model=RebuildJob,
    responses=errors(no_id("job_id"), UNKNOWN_JOB, STORE_AWAY),
)
@open_to(Access.ADMIN)
async def get_job(job_id: JobId, worker: WorkerOf) -> RebuildJob:
    """Done, total, rate and the time left."""
    return RebuildJob.of(await worker.service.jobs.job(job_id))


@router.delete(
    "/jobs/{job_id}",
    operation_id="cancelJob",
    summary="Cancel a job",
    response_model=RebuildJob,
    responses=errors(no_id("job_id"), UNKNOWN_JOB, JOB_ENDED, STORE_AWAY),
)
@open_to(Access.ADMIN)
async def cancel_job(job_id: JobId, worker: WorkerOf) -> RebuildJob:
    """What it has replaced so far stays replaced."""
    return RebuildJob.of(await worker.service.jobs.cancel(job_id))
