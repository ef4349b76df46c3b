"""Online learning of the ranker's weights: listwise softmax (multinomial logit) by its quadratic approximations.

    P(c) = softmax over candidates of weights . features(c)            loss = -ln P(the item that came next)
    loss(w) is about  g . (w - w0) + (w - w0)' H (w - w0) / 2          for weights w0 near w

So an example is worth a matrix H and a vector H w0 - g, and the weights of least loss given many of them and a Gaussian
prior solve one small linear system (Laplace's approximation; online Newton). Sums commute: it does not matter who adds
what first, nor that each adds by weights that are a little old. There is no step size, and little evidence moves the
weights little.
"""

from dataclasses import dataclass

import numpy as np

from scoring.types import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What examples say of the weights: `precision` (F, F), their summed H, and `pull` (F,), their H w0 - g."""

    precision: FloatArray
    pull: FloatArray

    def __add__(self, other: "Evidence") -> "Evidence":
        return Evidence(self.precision + other.precision, self.pull + other.pull)


def nothing(features: int) -> Evidence:
    """The evidence of no example."""
    return Evidence(np.zeros((features, features)), np.zeros(features))


def evidence_of(features: FloatArray, weights: FloatArray, label: int, worth: float) -> Evidence:
    """What one example says: `features` (F, k) of its candidates, `label` the right one's place.

    `weights` (F,) are those to approximate around; an example of `worth` 5 counts as five.
    """
    scores = weights @ features
    chances = np.exp(scores - scores.max())
    chances /= chances.sum()
    mean = features @ chances
    precision = (features * chances) @ features.T - np.outer(mean, mean)
    gradient = mean - features[:, label]
    return Evidence(worth * precision, worth * (precision @ weights - gradient))


def best_weights(prior: FloatArray, spread: FloatArray, evidence: Evidence) -> FloatArray:
    """The likeliest weights (F,) when each was drawn around its `prior` with standard deviation `spread` > 0.

    numpy.linalg.LinAlgError where the evidence is not that of any examples: no weights are the likeliest then.
    """
    system = evidence.precision + np.diag(1.0 / (spread * spread))
    np.linalg.cholesky(system)  # `solve` finds something even where there is no least loss
    # Solved for the way from the prior: without evidence the weights are the prior to the last bit.
    return np.asarray(prior + np.linalg.solve(system, evidence.pull - evidence.precision @ prior))
