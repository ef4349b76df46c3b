"""The ranking's weights: see what was learned, pin, reset."""

from typing import Annotated

from fastapi import APIRouter, Path

from service.weights import LastAct
from web.access import Access, open_to
from web.routes.documented import errors
from web.routes.problem_examples import BODY, STORE_AWAY, UNKNOWN_STRATEGY, refused, wrong
from web.routing import StrictRoute
from web.wire.fields import STRATEGY, StrategyName
from web.wire.weights import LearnedWeights, PinnedWeights, WeightList
from web.worker import WorkerOf

router = APIRouter(prefix="/admin", route_class=StrictRoute, tags=["admin"])
StrategyPath = Annotated[StrategyName, Path(description=STRATEGY)]
LastActPath = Annotated[
    LastAct,
    Path(description="The user's last act; all kinds not named share `view`."),
]
WRONG_WEIGHT = refused(PinnedWeights, {"weights": {"trending": 101}})
WRONG_LAST_ACT = wrong(
    "last_act", "invalid_value", "'view', 'add_to_cart' or 'purchase' is wanted."
)


@router.get(
    "/weights",
    operation_id="getWeights",
    summary="What the ranking has learned",
    response_model=WeightList,
    responses=errors(STORE_AWAY),
)
@open_to(Access.ADMIN)
async def get_weights(worker: WorkerOf) -> WeightList:
    """Of every strategy, by the kind of the user's last act; with how good its predictions were."""
    views = await worker.service.weight_control.all()
    return WeightList(weights=[LearnedWeights.of(view) for view in views])


@router.put(
    "/weights/{strategy}/{last_act}",
    operation_id="pinWeights",
    summary="Pin weights",
    response_model=LearnedWeights,
    responses=errors(*BODY, WRONG_WEIGHT, UNKNOWN_STRATEGY, STORE_AWAY),
)
@open_to(Access.ADMIN)
async def pin_weights(
    strategy: StrategyPath, last_act: LastActPath, pinned: PinnedWeights, worker: WorkerOf
) -> LearnedWeights:
    """They hold at once on every worker, and until they are reset; what was learned is forgotten."""
    view = await worker.service.weight_control.pin(strategy, last_act, pinned.weights)
    return LearnedWeights.of(view)


@router.delete(
    "/weights/{strategy}/{last_act}",
    operation_id="resetWeights",
    summary="Reset weights",
    response_model=LearnedWeights,
    responses=errors(WRONG_LAST_ACT, UNKNOWN_STRATEGY, STORE_AWAY),
)
@open_to(Access.ADMIN)
async def reset_weights(
    strategy: StrategyPath, last_act: LastActPath, worker: WorkerOf
) -> LearnedWeights:
    """Forgets what was pinned or learned: at once on every worker they are what they are before anything is learned."""
    return LearnedWeights.of(await worker.service.weight_control.reset(strategy, last_act))
