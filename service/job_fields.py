"""A job as the store keeps it, and as people see it."""

from collections.abc import Mapping

from service.model import Job
from service.rebuilding import CONTENT, Scope


def first_fields(owner: str, scope: Scope, note: str, now_ms: int) -> dict[str, str | int]:
    """A job that has just begun."""
    return {
        "state": "running",
        "scope": scope,
        "note": note,
        "phase": CONTENT,
        "done": 0,
        "total": 0,
        "owner": owner,
        "started_ms": now_ms,
        "reported_ms": now_ms,
    }


def taken_over(owner: str, fields: Mapping[str, str], now_ms: int) -> dict[str, str | int]:
    """A job that goes on elsewhere, from the beginning of the phase that it had reached.

    Its rate is that of whoever has it now: the time in which nobody worked is not counted.
    """
    before = int(fields.get("done_before", 0))
    return {
        "owner": owner,
        "done": before,
        "turn_done": before,
        "turn_ms": now_ms,
        "reported_ms": now_ms,
    }


def job_of(job_id: str, fields: Mapping[str, str]) -> Job:
    """The job, with its rate and the time left."""
    done, total = int(fields["done"]), int(fields["total"])
    finished_ms = int(fields["finished_ms"]) if "finished_ms" in fields else None
    began_ms = int(fields.get("turn_ms", fields["started_ms"]))
    spent_s = ((finished_ms or int(fields["reported_ms"])) - began_ms) / 1000
    rate = (done - int(fields.get("turn_done", 0))) / spent_s if spent_s > 0 else 0.0
    running = fields["state"] == "running"
    return Job(
        job_id=job_id,
        state=fields["state"],
        phase=fields["phase"],
        done=done,
        total=total,
        rate=rate,
        eta_s=(total - done) / rate if running and rate else None,
        started_ms=int(fields["started_ms"]),
        finished_ms=finished_ms,
        owner=fields["owner"],
        error=fields.get("error") or None,
        note=fields.get("note") or None,
    )
