"""`tandem rebuild`: what is computed in batch anew, watched to its end."""

import time
from enum import StrEnum
from typing import Annotated

import typer

from web.cli.address import HELP, VARIABLE, service_url
from web.cli.console import INTERRUPTED, err, fail, out, troubles_of
from web.cli.progress import progress_bar
from web.cli.service_client import JobSeen, ServiceClient, ServiceFailed

POLL_S = 0.25


class Whose(StrEnum):
    """Whose lists are made anew."""

    recent = "recent"
    everybody = "all"


def rebuild(
    scope: Annotated[
        Whose, typer.Option(help="Whose lists: of the 1,000 who acted last, or of all.")
    ] = Whose.recent,
    url: Annotated[str | None, typer.Option(help=HELP, envvar=VARIABLE)] = None,
    key: Annotated[str | None, typer.Option(help="Admin key.", envvar="TANDEM_ADMIN_KEY")] = None,
) -> None:
    """Rebuild what is computed in batch. Shows the running rebuild where there is one."""
    where = service_url(url)
    with troubles_of(ServiceFailed), ServiceClient(where, key) as client:
        try:
            job = _watched(client, client.start_rebuild(scope.value))
        except KeyboardInterrupt:
            err.print("Interrupted. The rebuild goes on; the same command shows it.")
            raise typer.Exit(INTERRUPTED) from None
    if job.state != "done":
        fail(f"The rebuild {job.job_id} has {_end(job)}.")
    out.print(f"Rebuilt by {job.owner}: {job.done:,} units.", markup=False, soft_wrap=True)
    if job.note:
        out.print(job.note, markup=False, soft_wrap=True)


def _watched(client: ServiceClient, job: JobSeen) -> JobSeen:
    """The job at its end, with a bar until then."""
    with progress_bar() as progress:
        task = progress.add_task(job.phase)
        while True:
            # Until the units are counted a bar has no length.
            progress.update(
                task, description=job.phase, completed=job.done, total=job.total or None
            )
            if job.state != "running":
                return job
            time.sleep(POLL_S)
            job = client.job(job.job_id)


def _end(job: JobSeen) -> str:
    return f"failed: {job.error}" if job.state == "failed" else "been cancelled"
