"""From an item's counts to its neighbour lists, one for each source: arrays, ready to be summed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scoring.content import shrinkage
from scoring.neighbours import conditional, log_likelihood_ratio, shrunk
from scoring.types import CountArray, FloatArray, IntArray
from service.numbering import ItemNumbers
from service.supports import Supports
from store.item_state import ItemNeighbours
from store.keys import VIEW_STEP_WEIGHT

CONVERSION_DOUBT = 5.0  # sessions without a conversion that an item is credited with beforehand


@dataclass(frozen=True, slots=True, eq=False)
class WeightedItems:
    """Item numbers (n,) with a weight and, where people are told of it, in how many sessions or baskets at least.

    `total`: what weights that are shares are shares of. `ahead`: how many of the items, the first, came after.
    """

    ids: IntArray
    weights: FloatArray
    counts: CountArray | None = None
    total: float = 0.0
    ahead: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Neighbourhood:
    """The neighbour lists of one item by source name, when they were read and when they are to be read again.

    `forgets`: how often everything had been forgotten by then.
    """

    lists: Mapping[str, WeightedItems]
    read_ms: int
    expires_ms: int
    forgets: int


class NeighbourhoodBuilder:
    """Turns counts into lists. Stateless but for what it is given."""

    def __init__(self, numbers: ItemNumbers, supports: Supports, min_support: int) -> None:
        self._numbers = numbers
        self._supports = supports
        self._least_pairs = min_support
        self._least_weight = VIEW_STEP_WEIGHT * (min_support - 1)

    def lists(self, stored: ItemNeighbours) -> dict[str, WeightedItems]:
        """All non-empty lists of an item. The supports of its partners must have been refreshed before."""
        lists = self._view_lists(stored.view)
        lists["co_purchase"] = self._co_purchase(stored.purchase)
        lists["conversion"] = self._conversion(stored.conversion, stored.view.get("*", 0.0))
        lists["content"] = self._content(stored.similar)
        lists["walk"] = self._ready(stored.walk)
        lists["collaborative"] = self._ready(stored.collaborative)
        return {name: found for name, found in lists.items() if len(found.ids)}

    def partners(self, stored: ItemNeighbours) -> list[int]:
        """The items whose support the lists need."""
        bought = [other for other in stored.purchase if other != "*"]
        numbers: list[int] = self._numbers.numbers([*bought, *stored.similar]).tolist()
        return numbers

    def _columns(self, rows: Iterable[tuple[str, float]]) -> tuple[IntArray, FloatArray]:
        names, values = tuple(zip(*rows, strict=True)) or ((), ())
        return self._numbers.numbers(names), np.array(values, dtype=np.float64)

    def _counted(self, pairs: Mapping[str, float]) -> tuple[IntArray, FloatArray]:
        least = self._least_pairs
        return self._columns(
            (other, count) for other, count in pairs.items() if count >= least and other != "*"
        )

    def _view_lists(self, view: Mapping[str, float]) -> dict[str, WeightedItems]:
        least = self._least_weight
        kept = [(name, weight) for name, weight in view.items() if weight > least]
        after_ids, after = self._side(kept, ">")
        before_ids, before = self._side(kept, "<")
        both_ids, both = np.concatenate([after_ids, before_ids]), np.concatenate([after, before])
        ahead_total, total = view.get(">*", 0.0), VIEW_STEP_WEIGHT * view.get("*", 0.0)
        return {
            "sequence": _shares(after_ids, after, ahead_total, len(after)),
            "co_view": _shares(both_ids, both, total, len(after)),
        }

    def _side(self, pairs: Sequence[tuple[str, float]], sign: str) -> tuple[IntArray, FloatArray]:
        """Those named with the sign, without the total."""
        total = sign + "*"
        return self._columns(
            (name[1:], weight) for name, weight in pairs if name[0] == sign and name != total
        )

    def _co_purchase(self, purchase: Mapping[str, float]) -> WeightedItems:
        ids, counts = self._counted(purchase)
        if not len(ids):
            return WeightedItems(ids, counts)
        own, totals = purchase.get("*", 0.0), self._supports.totals
        weights = log_likelihood_ratio(counts, own, self._supports.baskets(ids), totals.baskets)
        return WeightedItems(ids, weights, counts)

    def _conversion(self, conversion: Mapping[str, float], sessions: float) -> WeightedItems:
        ids, counts = self._counted(conversion)
        return WeightedItems(ids, shrunk(counts, sessions, CONVERSION_DOUBT), counts)

    def _ready(self, weights: Mapping[str, float]) -> WeightedItems:
        return WeightedItems(*self._columns(weights.items()))

    def _content(self, similar: Mapping[str, float]) -> WeightedItems:
        ids, cosines = self._columns(similar.items())
        return WeightedItems(ids, cosines * shrinkage(self._supports.sessions(ids)))


def _shares(ids: IntArray, weights: FloatArray, total: float, ahead: int) -> WeightedItems:
    return WeightedItems(ids, conditional(weights, total), _least_sessions(weights), total, ahead)


def _least_sessions(weights: FloatArray) -> IntArray:
    """How many sessions it takes to weigh so much: each adds the weight of one step at most."""
    sessions: IntArray = np.ceil(weights / VIEW_STEP_WEIGHT).astype(np.int32)
    return sessions
