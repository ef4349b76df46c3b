"""Keys: who came with which, and taking back what those did."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from web.access import Access, open_to
from web.routes.documented import errors
from web.routes.problem_examples import STORE_AWAY, wrong
from web.routing import StrictRoute
from web.wire.fields import FORMS, KEY_ID_PATTERN
from web.wire.keys import UndoneKey, UsedKey, UsedKeys
from web.worker import WorkerOf

router = APIRouter(prefix="/admin", route_class=StrictRoute, tags=["admin"])
KeyId = Annotated[str, Path(pattern=KEY_ID_PATTERN, description="The key's id.")]
Since = Annotated[
    int, Query(ge=0, description="Only users first seen from then on. Epoch milliseconds.")
]
WRONG_KEY_ID = wrong("key_id", "invalid_value", FORMS[KEY_ID_PATTERN])


@router.get(
    "/keys",
    operation_id="getKeys",
    summary="Keys by their ids, and how many users came with each",
    response_model=UsedKeys,
    responses=errors(STORE_AWAY),
)
@open_to(Access.ADMIN)
async def get_keys(worker: WorkerOf) -> UsedKeys:
    """A key is shown by its id only. Users are counted for write keys."""
    return UsedKeys(keys=[UsedKey.of(use) for use in await worker.service.key_undo.keys()])


@router.delete(
    "/keys/{key_id}/events",
    operation_id="undoKey",
    summary="Take back what a write key's users did",
    response_model=UndoneKey,
    responses=errors(WRONG_KEY_ID, STORE_AWAY),
)
@open_to(Access.ADMIN)
async def delete_events(key_id: KeyId, worker: WorkerOf, since: Since = 0) -> UndoneKey:
    """Forgets 200 of the users first seen with the key, with their share of every count.

    Take an abused key out of `TANDEM_WRITE_KEYS` first. Safe to repeat: go on until `left` is 0.
    """
    return UndoneKey.of(await worker.service.key_undo.undo(key_id, since))
