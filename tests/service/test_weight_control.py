"""People see what was learned, and what they set holds."""

from collections.abc import AsyncIterator

import pytest

from service.errors import InvalidInput, NotFound, Unavailable
from service.model import Quality, StrategyWeights
from service.strategies import BUILT_IN, strategy
from service.weight_control import WeightControl, quality_of
from service.weights import LAST_ACTS
from store.weights import Sums
from tests.clock import Clock
from tests.service.shop import Shop, open_shop

STEP_MS = 1_500


@pytest.fixture
async def learning(clock: Clock) -> AsyncIterator[Shop]:
    """A worker that learns from every event, for one strategy."""
    async with open_shop(clock, learn_rate=100_000.0) as shop:
        shop.tandem.learner.strategy = strategy("balanced")
        yield shop


@pytest.fixture
def control(learning: Shop) -> WeightControl:
    return learning.tandem.weight_control


async def of(control: WeightControl, name: str, last: str = "view") -> StrategyWeights:
    (found,) = [v for v in await control.all() if (v.strategy, v.last_act) == (name, last)]
    return found


async def learn(shop: Shop) -> None:
    for number in range(10):
        for item in "abc":
            await shop.view(f"v{number}", item)
            shop.clock.advance(STEP_MS)
    await shop.tandem.learner.flush()


async def test_all_strategies_are_shown_for_each_kind_of_last_act(control: WeightControl) -> None:
    places = [(view.strategy, view.last_act) for view in await control.all()]
    assert places == [(name, last) for name in BUILT_IN for last in LAST_ACTS]


async def test_all_weights_are_read_in_one_round_trip(
    learning: Shop, control: WeightControl
) -> None:
    learning.wire.trips.clear()
    await control.all()
    assert learning.wire.trips == ["HGETALL"]


async def test_before_anything_is_learned_weights_are_their_prior(control: WeightControl) -> None:
    for view in await control.all():
        assert view.weights == view.prior
        assert (view.epoch, view.examples, view.pinned, view.quality) == (0, 0, False, None)


async def test_a_strategy_shows_the_features_that_it_uses(control: WeightControl) -> None:
    general = {
        "is_last",
        "recency",
        "times_seen",
        "log_popularity",
        "by_add_to_cart",
        "by_purchase",
    }
    assert (await of(control, "trending")).weights.keys() == {"trending", "log_trending"} | general


async def test_what_was_learned_is_shown_with_how_well_it_predicts(
    learning: Shop, control: WeightControl
) -> None:
    await learn(learning)
    view = await of(control, "balanced")
    assert view.weights != view.prior
    assert view.examples == 20
    assert view.quality is not None
    assert view.quality.predictions == pytest.approx(20, rel=0.01)
    assert 0 < view.quality.reciprocal_rank <= view.quality.hit_rate <= 1


async def test_features_that_are_not_pinned_keep_their_prior(
    learning: Shop, control: WeightControl
) -> None:
    await learn(learning)
    pinned = await control.pin("balanced", "view", {"walk": 2.5})
    assert pinned.weights == {**pinned.prior, "walk": 2.5}
    assert (pinned.pinned, pinned.epoch, pinned.examples) == (True, 1, 0)
    assert await of(control, "balanced") == pinned


async def test_pinned_weights_hold_for_their_kind_of_last_act_alone(control: WeightControl) -> None:
    await control.pin("balanced", "purchase", {"walk": 2.5})
    assert not (await of(control, "balanced", "view")).pinned
    assert not (await of(control, "fast", "purchase")).pinned


async def test_a_reset_takes_everything_back(learning: Shop, control: WeightControl) -> None:
    await learn(learning)
    await control.pin("balanced", "view", {"walk": 2.5})
    view = await control.reset("balanced", "view")
    assert view.weights == view.prior
    assert (view.pinned, view.epoch, view.examples) == (False, 2, 0)


async def test_a_pin_shows_in_the_next_answer_whatever_was_cached(
    learning: Shop, control: WeightControl
) -> None:
    await learning.crowd("ab")
    await learning.view("ann", "a")
    before = await learning.ask("ann", explain=True)
    await control.pin("balanced", "view", {"trending": 3.0})
    after = await learning.ask("ann", explain=True)
    assert not after.cached
    assert before.items[0].contributions["trending"] == pytest.approx(0.1)
    assert after.items[0].contributions["trending"] == pytest.approx(3.0)


async def test_a_feature_that_the_strategy_does_not_use_is_refused(control: WeightControl) -> None:
    for feature in ("walk", "luck"):
        with pytest.raises(InvalidInput) as caught:
            await control.pin("trending", "view", {feature: 1.0})
        assert (caught.value.code, caught.value.field) == ("unknown_feature", "weights")
    assert not (await of(control, "trending")).pinned


async def test_an_unknown_strategy_is_not_found(control: WeightControl) -> None:
    with pytest.raises(NotFound):
        await control.pin("magic", "view", {})
    with pytest.raises(NotFound):
        await control.reset("magic", "view")


async def test_without_a_store_nothing_is_pinned(learning: Shop, control: WeightControl) -> None:
    learning.server.connected = False
    for call in (control.all(), control.pin("fast", "view", {}), control.reset("fast", "view")):
        with pytest.raises(Unavailable):
            await call


def test_quality_is_told_of_predictions_alone() -> None:
    assert quality_of([]) is quality_of([Sums()]) is None
    told = quality_of([Sums(seen=6, hits=4, ranks=1), Sums(seen=2, hits=0, ranks=1)])
    assert told == Quality(8, 0.5, 0.25)
