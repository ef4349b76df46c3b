"""Rebuild jobs."""

from pydantic import ConfigDict, Field

from service.model import Job
from web.wire.fields import Output


class RebuildJob(Output):
    """A rebuild and how far it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "job_id": "b41c",
                    "state": "running",
                    "phase": "content",
                    "done": 120,
                    "total": 480,
                    "rate": 61.5,
                    "eta_s": 5.9,
                    "started_at": 1767225600000,
                    "finished_at": None,
                    "owner": "api-1",
                    "error": None,
                    "note": None,
                }
            ]
        },
    )

    job_id: str = Field(description="Names the job.")
    state: str = Field(description="running, done, failed or cancelled.")
    phase: str = Field(description="What is being made: content, collaborative, walk, then lists.")
    done: int = Field(description="Units that are made: lists of items, then of users.")
    total: int = Field(description="Units in all, as far as they are known yet.")
    rate: float = Field(description="Units a second.")
    eta_s: float | None = Field(description="Seconds to its end, while that can be told.")
    started_at: int = Field(description="Epoch milliseconds.")
    finished_at: int | None = Field(description="Epoch milliseconds; null while it runs.")
    owner: str = Field(description="The worker that runs it.")
    error: str | None = Field(description="Why it failed.")
    note: str | None = Field(description="What was left out, and why.")

    @classmethod
    def of(cls, job: Job) -> "RebuildJob":
        return cls(
            job_id=job.job_id,
            state=job.state,
            phase=job.phase,
            done=job.done,
            total=job.total,
            rate=job.rate,
            eta_s=job.eta_s,
            started_at=job.started_ms,
            finished_at=job.finished_ms,
            owner=job.owner,
            error=job.error,
            note=job.note,
        )
