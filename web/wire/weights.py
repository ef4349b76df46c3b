"""The ranking's weights: what was learned, what is pinned."""

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from service.model import Quality, StrategyWeights
from service.ranking import FEATURES
from service.strategy_files import WEIGHT_LIMIT
from web.wire.fields import Input, Output

# Which features a strategy uses the service says, not the model.
Feature = Annotated[str, Field(min_length=1, max_length=64)]
Weight = Annotated[float, Field(ge=-WEIGHT_LIMIT, le=WEIGHT_LIMIT, allow_inf_nan=False)]
_EXAMPLE: JsonDict = {
    "strategy": "trending",
    "last_act": "view",
    "epoch": 0,
    "examples": 8123,
    "pinned": False,
    "quality": {"predictions": 7105.2, "hr@20": 0.143, "mrr@20": 0.041},
    "weights": {
        "trending": {"weight": 0.84, "prior": 1.0},
        "log_trending": {"weight": 0.11, "prior": 0.0},
    },
}


class PinnedWeights(Input):
    """Weights that hold until they are reset, whatever people do.

    The features of a strategy are those of its sources (`NAME` and `log_NAME`: a source's score as a share of the best
    one, and its logarithm) and `is_last`, `recency`, `times_seen`, `log_popularity`, `by_add_to_cart` and
    `by_purchase`.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"weights": {"trending": 1.0, "log_popularity": 0.2}}]}
    )

    weights: Annotated[dict[Feature, Weight], Field(max_length=len(FEATURES))] = Field(
        description="Feature to weight. One not given keeps what it has before anything is learned."
    )


class FeatureWeight(Output):
    """One feature's weight."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"weight": 0.84, "prior": 1.0}]})

    weight: float = Field(description="As it is now.")
    prior: float = Field(description="As it is before anything is learned.")


class PredictionQuality(Output):
    """How well the next acts of users were predicted, each before it happened and was learned from."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"predictions": 7105.2, "hr@20": 0.143, "mrr@20": 0.041}]}
    )

    predictions: float = Field(
        description="How many: older ones count less, by half after 20,000 newer ones."
    )
    hit_rate: float = Field(
        alias="hr@20", description="Share with the right item among the first 20."
    )
    reciprocal_rank: float = Field(
        alias="mrr@20", description="Mean of 1 / the right item's place among the first 20."
    )


class LearnedWeights(Output):
    """The weights of one strategy for lists after a last act of one kind."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    strategy: str = Field(description="How lists are made.")
    last_act: str = Field(description="The user's last act; all kinds not named share `view`.")
    epoch: int = Field(description="Grows when the weights are pinned or reset.")
    examples: int = Field(description="Acts that were predicted, and learned from, in this epoch.")
    pinned: bool = Field(
        description="Whether people set them: then only how well they predict is learned."
    )
    quality: PredictionQuality | None = Field(description="Null before the first prediction.")
    weights: dict[str, FeatureWeight] = Field(description="By feature.")

    @classmethod
    def of(cls, view: StrategyWeights) -> "LearnedWeights":
        return cls(
            strategy=view.strategy,
            last_act=view.last_act,
            epoch=view.epoch,
            examples=view.examples,
            pinned=view.pinned,
            quality=_quality(view.quality) if view.quality else None,
            weights={
                name: FeatureWeight(weight=weight, prior=view.prior[name])
                for name, weight in view.weights.items()
            },
        )


class WeightList(Output):
    """The weights of every strategy, for each kind of last act."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"weights": [_EXAMPLE]}]})

    weights: list[LearnedWeights] = Field(description="By strategy, then by kind of last act.")


def _quality(quality: Quality) -> PredictionQuality:
    return PredictionQuality.model_validate(
        {
            "predictions": quality.predictions,
            "hr@20": quality.hit_rate,
            "mrr@20": quality.reciprocal_rank,
        }
    )
