"""Records that can never be recorded: note them, look at them."""

from typing import Annotated

from fastapi import APIRouter, Query

from web.access import Access, open_to
from web.routes.documented import errors
from web.routes.problem_examples import BODY, STORE_AWAY, refused, wrong
from web.routing import StrictRoute
from web.wire.dead_letters import DeadLetter, DeadLetterList, LettersKept, RejectedRows
from web.wire.fields import FORMS, LETTER_ID_PATTERN, LIMIT_MAX
from web.worker import WorkerOf

router = APIRouter(prefix="/admin", route_class=StrictRoute, tags=["admin"])
Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="How many at most.")]
Before = Annotated[
    str | None,
    Query(pattern=LETTER_ID_PATTERN, description="Only those older than the letter of this id."),
]
WRONG_BEFORE = wrong("before", "invalid_value", FORMS[LETTER_ID_PATTERN])
WRONG_ROWS = refused(RejectedRows, {"digest": "0f" * 16})


@router.get(
    "/dead-letters",
    operation_id="getDeadLetters",
    summary="Records that can never be recorded",
    response_model=DeadLetterList,
    responses=errors(WRONG_BEFORE, STORE_AWAY),
)
@open_to(Access.ADMIN)
async def get_dead_letters(
    worker: WorkerOf, limit: Limit = LIMIT_MAX, before: Before = None
) -> DeadLetterList:
    """Events of imports that were refused for good, and rows of files that are no events.

    The newest first. A letter holds ids, a type and a reason, none of the record's other fields.
    """
    letters = worker.service.dead_letters
    newest = await letters.newest(limit, before or "")
    return DeadLetterList(
        kept=await letters.count(), letters=[DeadLetter.of(letter) for letter in newest]
    )


@router.post(
    "/dead-letters",
    operation_id="noteDeadLetters",
    summary="Note rows of a file that are no events",
    response_model=LettersKept,
    responses=errors(*BODY, WRONG_ROWS, STORE_AWAY),
)
@open_to(Access.ADMIN)
async def note_dead_letters(rejected: RejectedRows, worker: WorkerOf) -> LettersKept:
    """What `tandem import` leaves out. Rows that are sent again are noted again."""
    await worker.add_dead(rejected.digest, [row.to_service() for row in rejected.rows])
    return LettersKept(kept=len(rejected.rows))
