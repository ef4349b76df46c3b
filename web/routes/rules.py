"""The shop's rules for lists: what is pinned, boosted and blocked."""

from fastapi import APIRouter

from web.access import Access, open_to
from web.routes.documented import errors
from web.routes.problem_examples import BODY, STORE_AWAY, refused
from web.routing import StrictRoute
from web.wire.rules import KeptRules, RuleSet
from web.worker import WorkerOf

router = APIRouter(prefix="/admin", route_class=StrictRoute, tags=["admin"])
WRONG_RULE = refused(RuleSet, {"rules": [{"kind": "pin", "item_id": "tent-4p"}]})


@router.get(
    "/rules",
    operation_id="getRules",
    summary="The rules for lists",
    response_model=KeptRules,
    response_model_exclude_none=True,
    responses=errors(STORE_AWAY),
)
@open_to(Access.ADMIN)
async def get_rules(worker: WorkerOf) -> KeptRules:
    """All of them, whether they hold now or not."""
    kept = await worker.service.rules.all()
    return KeptRules.of(kept, await worker.service.rules.warnings(kept))


@router.put(
    "/rules",
    operation_id="putRules",
    summary="Set the rules for lists",
    response_model=KeptRules,
    response_model_exclude_none=True,
    responses=errors(*BODY, WRONG_RULE, STORE_AWAY),
)
@open_to(Access.ADMIN)
async def put_rules(body: RuleSet, worker: WorkerOf) -> KeptRules:
    """They replace all earlier ones and hold on every worker within a second; an empty array removes them.

    Pins and boosts shape what is recommended; blocks hold for similar and trending items too.
    """
    kept = [rule.to_service() for rule in body.rules]
    await worker.service.rules.replace(kept)
    return KeptRules.of(kept, await worker.service.rules.warnings(kept))
