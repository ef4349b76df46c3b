"""Weights are learned from what came next: exactly, in any order, and little from little."""

import numpy as np
import pytest
from scipy.optimize import minimize

from scoring.learning import Evidence, best_weights, evidence_of, nothing
from scoring.types import FloatArray

TRUE = np.array([2.0, -1.0, 0.5, 0.0])
F, K = len(TRUE), 12
PRIOR, SPREAD = np.zeros(F), np.full(F, 1.0)
Example = tuple[FloatArray, int]


def drawn(count: int, seed: int, truth: FloatArray = TRUE) -> list[Example]:
    """Examples whose label was chosen by the softmax of the true weights."""
    rng = np.random.default_rng(seed)
    examples = []
    for _ in range(count):
        features = rng.normal(size=(F, K))
        chances = np.exp(truth @ features)
        examples.append((features, int(rng.choice(K, p=chances / chances.sum()))))
    return examples


def learned(examples: list[Example], batch: int = 20) -> FloatArray:
    """By batches, each approximated around the weights known before it."""
    weights, known = PRIOR, nothing(F)
    for start in range(0, len(examples), batch):
        for features, label in examples[start : start + batch]:
            known += evidence_of(features, weights, label, 1.0)
        weights = best_weights(PRIOR, SPREAD, known)
    return weights


def loss(weights: FloatArray, examples: list[Example]) -> float:
    """Negative log posterior, in the plainest form."""
    total = float(((weights - PRIOR) ** 2 / (2 * SPREAD**2)).sum())
    for features, label in examples:
        scores = weights @ features
        total += float(np.log(np.exp(scores).sum()) - scores[label])
    return total


def test_true_weights_are_found() -> None:
    assert learned(drawn(3_000, 1)) == pytest.approx(TRUE, abs=0.1)


def test_batches_come_close_to_what_an_optimiser_finds_in_all_examples_at_once() -> None:
    """Not quite: the first ones were approximated far from it."""
    examples = drawn(400, 2)
    best = minimize(loss, PRIOR, args=(examples,)).x
    assert learned(examples) == pytest.approx(best, abs=0.25)


def test_the_approximation_is_exact_to_second_order() -> None:
    """Gradient and curvature against differences of the loss."""
    ((features, label),), around = drawn(1, 3), np.array([0.3, -0.2, 0.1, 0.4])
    said = evidence_of(features, around, label, 1.0)

    def one(weights: FloatArray) -> float:
        scores = weights @ features
        return float(np.log(np.exp(scores).sum()) - scores[label])

    step = 1e-4 * np.eye(F)
    gradient = [(one(around + e) - one(around - e)) / 2e-4 for e in step]
    assert said.precision @ around - said.pull == pytest.approx(gradient, abs=1e-6)
    curvature = [
        [
            (one(around + a + b) - one(around + a - b) - one(around - a + b) + one(around - a - b))
            / 4e-8
            for b in step
        ]
        for a in step
    ]
    assert said.precision == pytest.approx(np.array(curvature), abs=1e-5)


def test_without_evidence_the_prior_stands() -> None:
    prior = np.array([0.5, 0.0, -1.0, 2.0])
    assert best_weights(prior, SPREAD, nothing(F)) == pytest.approx(prior)


def test_one_example_moves_the_weights_less_than_their_spread() -> None:
    for features, label in drawn(50, 4):
        moved = best_weights(PRIOR, SPREAD, evidence_of(features, PRIOR, label, 1.0))
        assert np.abs(moved - PRIOR).max() < SPREAD.max() * 2


def test_an_example_worth_five_counts_as_five() -> None:
    ((features, label),) = drawn(1, 5)
    once = evidence_of(features, PRIOR, label, 1.0)
    five = sum([once] * 4, once)
    dear = evidence_of(features, PRIOR, label, 5.0)
    assert dear.precision == pytest.approx(five.precision)
    assert dear.pull == pytest.approx(five.pull)


def test_the_order_of_sums_does_not_matter() -> None:
    parts = [evidence_of(features, PRIOR, label, 1.0) for features, label in drawn(30, 6)]
    there = sum(parts, nothing(F))
    back = sum(reversed(parts), nothing(F))
    assert best_weights(PRIOR, SPREAD, there) == pytest.approx(best_weights(PRIOR, SPREAD, back))


def test_labels_drawn_by_chance_teach_nothing() -> None:
    rng = np.random.default_rng(7)
    shuffled = [(features, int(rng.integers(K))) for features, _ in drawn(3_000, 7)]
    assert learned(shuffled) == pytest.approx(np.zeros(F), abs=0.1)


def test_evidence_adds_up() -> None:
    one = Evidence(np.ones((2, 2)), np.ones(2))
    assert (one + one).pull.tolist() == [2, 2]


def test_evidence_that_no_examples_can_give_has_no_best_weights() -> None:
    impossible = Evidence(np.array([[1.0, -90.0], [-90.0, 1.0]]), np.ones(2))
    with pytest.raises(np.linalg.LinAlgError):
        best_weights(np.zeros(2), np.ones(2), impossible)
