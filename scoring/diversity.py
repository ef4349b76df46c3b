"""Choosing a list that is not all of one kind: maximal marginal relevance, and caps on groups.

    next = the best of (1 - diversity) x relevance - diversity x likeness to what is chosen already
           among those of whose groups none is full

Relevance is the score between the least (0) and the best (1) on offer; likeness the cosine of two items' tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoring.types import BoolArray, FloatArray, IntArray

NO_GROUP = -1


@dataclass(frozen=True, slots=True, eq=False)
class Cap:
    """At most `limit` (> 0) items of each group; `groups` (k,) names each candidate's, NO_GROUP for none."""

    groups: IntArray
    limit: int


def unit_vectors(tokens: Sequence[Sequence[tuple[str, float]]]) -> FloatArray:
    """A row for each item, of length 1 (0 for one without tokens), so that products are cosines.

    `tokens` are each item's distinct ones with a weight.
    """
    columns: dict[str, int] = {}
    places = [columns.setdefault(token, len(columns)) for item in tokens for token, _ in item]
    rows = np.repeat(np.arange(len(tokens)), [len(item) for item in tokens])
    table = np.zeros((len(tokens), len(columns)))
    table[rows, places] = [weight for item in tokens for _, weight in item]
    norms = np.sqrt((table * table).sum(axis=1, keepdims=True))
    return np.asarray(table / np.where(norms > 0, norms, 1.0))


def choose(
    scores: FloatArray,
    limit: int,
    diversity: float = 0.0,
    vectors: FloatArray | None = None,
    caps: Sequence[Cap] = (),
) -> list[int]:
    """The places of at most `limit` candidates in the order to be shown. Of equals the first one given comes first.

    `scores` (k,), best first; `vectors` (k, T) as `unit_vectors` makes them, needed for a `diversity` over 0.
    """
    relevance = (1.0 - diversity) * _relevance(scores)
    likeness = np.zeros(len(scores))
    free = np.ones(len(scores), dtype=np.bool_)
    chosen: list[int] = []
    while len(chosen) < limit and free.any():
        worth = np.where(free, relevance - diversity * likeness, -np.inf)
        place = int(worth.argmax())
        chosen.append(place)
        free[place] = False
        if vectors is not None and diversity > 0:
            likeness = np.maximum(likeness, vectors @ vectors[place])
        for cap in caps:
            _close(free, cap, chosen)
    return chosen


def _relevance(scores: FloatArray) -> FloatArray:
    if not len(scores):
        return scores
    least, best = scores.min(), scores.max()
    return np.asarray((scores - least) / (best - least if best > least else 1.0))


def _close(free: BoolArray, cap: Cap, chosen: Sequence[int]) -> None:
    """Takes all others of the last one's group out, once the group is full."""
    group = cap.groups[chosen[-1]]
    if group != NO_GROUP and (cap.groups[list(chosen)] == group).sum() >= cap.limit:
        free[cap.groups == group] = False
