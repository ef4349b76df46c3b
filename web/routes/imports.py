"""Progress of imports, so that one repeated or resumed adds nothing."""

from typing import Annotated

from fastapi import APIRouter, Path

from web.access import Access, open_to
from web.routes.documented import errors
from web.routes.problem_examples import BODY, STORE_AWAY, UNKNOWN_IMPORT, refused, wrong
from web.routing import StrictRoute
from web.wire.fields import DIGEST_PATTERN, FORMS
from web.wire.imports import ImportInput, ImportOut
from web.worker import WorkerOf

router = APIRouter(prefix="/admin", route_class=StrictRoute, tags=["admin"])
Digest = Annotated[
    str,
    Path(pattern=DIGEST_PATTERN, description="Names the content of a file and its mapping."),
]
WRONG_DIGEST = wrong("digest", "invalid_value", FORMS[DIGEST_PATTERN])
WRONG_PROGRESS = refused(ImportInput, {"shift_ms": 0})


@router.get(
    "/imports/{digest}",
    operation_id="getImport",
    summary="How far the import of a file is",
    response_model=ImportOut,
    responses=errors(WRONG_DIGEST, UNKNOWN_IMPORT, STORE_AWAY),
)
@open_to(Access.ADMIN)
async def get_import(digest: Digest, worker: WorkerOf) -> ImportOut:
    """Known for two generations after the import's last step."""
    state = await worker.service.imports.get(digest)
    return ImportOut(digest=digest, shift_ms=state.shift_ms, rows_done=state.rows_done)


@router.put(
    "/imports/{digest}",
    operation_id="putImport",
    summary="Note how far the import of a file is",
    response_model=ImportOut,
    responses=errors(*BODY, WRONG_PROGRESS, STORE_AWAY),
)
@open_to(Access.ADMIN)
async def put_import(digest: Digest, noted: ImportInput, worker: WorkerOf) -> ImportOut:
    """The shift that was noted first stays: the answer holds it."""
    state = await worker.service.imports.put(digest, noted.shift_ms, noted.rows_done)
    return ImportOut(digest=digest, shift_ms=state.shift_ms, rows_done=state.rows_done)
