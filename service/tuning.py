"""Learns a strategy's weights from a log, through the same code as from live events."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.bootstrap import Tandem
from service.errors import InvalidInput
from service.evaluation.options import Options
from service.evaluation.readers import Log
from service.evaluation.replay import Place, Progress, open_replay
from service.evaluation.trial import prepare
from service.lessons import Predictions
from service.model import StrategyWeights
from service.strategies import SOURCES
from service.strategy_files import StrategyFile
from service.weights import LAST_ACTS

DIGITS = 4


@dataclass(frozen=True, slots=True)
class Tuned:
    """A strategy with the weights that were learned, and how well each event was predicted before it was."""

    file: StrategyFile
    predictions: Predictions


@dataclass(frozen=True, slots=True)
class Tuning:
    """Learns from the last sessions of a log. The result is called `name`; `data` names the log in it."""

    log: Log
    options: Options
    name: str
    data: str

    async def run(self, place: Place, progress: Progress = lambda *_: None) -> Tuned:
        """NotFound (the strategy); InvalidInput when there is nothing to learn from."""
        if not self.log.events:
            raise InvalidInput("nothing_to_learn", "The log holds no event.")
        async with open_replay(self.log, self.options, place, progress, {}) as replay:
            await prepare(replay, self.log, self.options)
            found = replay.tandem.learner.predictions.get(self.options.strategy_name)
            if found is None:
                text = "The last sessions of the log hold nothing to learn from."
                raise InvalidInput("nothing_to_learn", text)
            return Tuned(await self._file(replay.tandem), found)

    async def _file(self, tandem: Tandem) -> StrategyFile:
        """The strategy as it was but for its weights. After acts of which nothing was learned they are adapted."""
        base = tandem.strategies.get(self.options.strategy_name)
        views = {
            view.last_act: view
            for view in await tandem.weight_control.all()
            if view.strategy == base.name and (view.examples or view.last_act in base.after)
        }
        first = LAST_ACTS[0]
        after = {last: _rounded(view) for last, view in views.items() if last != first}
        return StrategyFile.model_validate(
            {
                "name": self.name,
                "sources": [source for source in SOURCES if source in base.sources],
                "repeats": base.repeats,
                "diversity": base.diversity,
                "weights": _rounded(views[first]) if first in views else dict(base.weights),
                "weights_after": after,
                "data": self.data,
                "examples": {last: view.examples for last, view in views.items() if view.examples},
                "seed": self.options.seed,
            }
        )


def _rounded(view: StrategyWeights) -> Mapping[str, float]:
    return {name: round(weight, DIGITS) for name, weight in view.weights.items() if weight}
