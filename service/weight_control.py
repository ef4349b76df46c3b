"""The ranking's weights as people see and set them."""

from collections.abc import Callable, Mapping, Sequence

from service.availability import store_answers
from service.errors import InvalidInput
from service.model import Quality, StrategyWeights
from service.ranking import FEATURES
from service.strategies import Strategies, Strategy
from service.weights import LAST_ACTS, prior_of, usable, weights_of
from store.weights import Learned, Sums, WeightStore

#: Below so many predictions a hit rate says little: its 95 % interval is wider than 0.14 around one half.
TELLING = 200


class WeightControl:
    """Shows, pins and resets weights, for all workers. Lives as long as the worker."""

    def __init__(
        self, strategies: Strategies, store: WeightStore, changed: Callable[[], None]
    ) -> None:
        """`changed` is called after a change: this worker need not wait for the news of it."""
        self._strategies = strategies
        self._store = store
        self._changed = changed

    async def all(self) -> list[StrategyWeights]:
        """Of every strategy, for each kind of last act. One round trip."""
        places = [(strategy, last) for strategy in self._strategies for last in LAST_ACTS]
        return await self._read(places)

    async def pin(self, name: str, last: str, weights: Mapping[str, float]) -> StrategyWeights:
        """Sets weights that hold until they are reset, those not given as they were before anything was learned.

        What was learned is forgotten. NotFound (the strategy); InvalidInput (a feature that it does not use).
        """
        strategy = self._strategies.get(name)
        used = [FEATURES[row] for row in usable(strategy)]
        if not weights.keys() <= set(used):
            text = f"Features of this strategy: {', '.join(used)}."
            raise InvalidInput("unknown_feature", text, field="weights")
        prior = prior_of(strategy, last)
        with store_answers():
            await self._store.pin(name, last, {**prior, **weights})
        return await self._changed_to(strategy, last)

    async def reset(self, name: str, last: str) -> StrategyWeights:
        """Forgets what was learned or pinned. NotFound (the strategy)."""
        strategy = self._strategies.get(name)
        with store_answers():
            await self._store.reset(name, last)
        return await self._changed_to(strategy, last)

    async def _changed_to(self, strategy: Strategy, last: str) -> StrategyWeights:
        self._changed()
        return (await self._read([(strategy, last)]))[0]

    async def _read(self, places: list[tuple[Strategy, str]]) -> list[StrategyWeights]:
        with store_answers():
            held = await self._store.read([(strategy.name, last) for strategy, last in places])
        return [_view(*place, learned) for place, learned in zip(places, held, strict=True)]


def quality_of(sums: Sequence[Sums]) -> Quality | None:
    """How good all these predictions were; None when there were none."""
    seen = sum(each.seen for each in sums)
    if not seen:
        return None
    hits, ranks = sum(each.hits for each in sums), sum(each.ranks for each in sums)
    return Quality(seen, hits / seen, ranks / seen)


def _view(strategy: Strategy, last: str, learned: Learned) -> StrategyWeights:
    values, prior = weights_of(strategy, last, learned), prior_of(strategy, last)
    used = {FEATURES[row]: float(values[row]) for row in usable(strategy)}
    return StrategyWeights(
        strategy=strategy.name,
        last_act=last,
        epoch=learned.epoch,
        examples=learned.examples,
        pinned=learned.pinned is not None,
        quality=quality_of([learned.sums]),
        weights=used,
        prior={name: prior[name] for name in used},
    )
