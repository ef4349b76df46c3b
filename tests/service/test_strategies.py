"""What the strategies in code say before anything is learned."""

import pytest

from service.strategies import ADAPTATION, BUILT_IN
from service.weights import LAST_ACTS, prior_of

BALANCED = BUILT_IN["balanced"]


def test_every_last_act_that_changes_weights_has_weights_of_its_own() -> None:
    assert ("view", *ADAPTATION) == LAST_ACTS


@pytest.mark.parametrize(
    ("source", "share"),
    [
        ("sequence", 0.5),
        ("co_view", 0.3),
        ("content", 0.1),
        ("walk", 0.3),
        ("session_knn", 0.5),
        ("co_purchase", 4.0),
        ("collaborative", 4.0),
        ("conversion", 1.5),
        ("trending", 1.0),
    ],
)
def test_whoever_has_bought_wants_what_goes_with_it_not_another_one(
    source: str, share: float
) -> None:
    looking, bought = prior_of(BALANCED, "view"), prior_of(BALANCED, "purchase")
    for feature in (source, f"log_{source}"):
        assert bought[feature] == pytest.approx(share * looking[feature])
