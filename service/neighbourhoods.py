"""From an item's counts to its neighbour lists, one for each source: arrays, ready to be summed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from scoring import kernels
from scoring.content import shrinkage
from scoring.entries import SILENCE, Entries
from scoring.neighbours import conditional, log_likelihood_ratio, shrunk
from scoring.types import CountArray, FloatArray, IntArray
from service.numbering import ItemNumbers
from service.strategies import ROW, STEP_DECAY
from service.supports import Supports
from store.item_state import NOTHING, ItemNeighbours, Named
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
class Columns:
    """What one kind of stored numbers says: item numbers (n,), their values (n,), and totals by name.

    `mark`: of what it was read from; the same mark, the same columns. `ahead`: how many of the items came after.
    """

    mark: int
    ids: IntArray
    values: FloatArray
    totals: Mapping[str, float]
    ahead: int = 0


#: What most items have of most kinds: one for all.
_NO_COLUMNS = Columns(
    hash(NOTHING), np.empty(0, dtype=np.int32), np.empty(0), {">*": 0.0, "*": 0.0}
)


@dataclass(frozen=True, slots=True, eq=False)
class Neighbourhood:
    """The neighbour lists of one item by source name, when they were read and how old they may be.

    `since_ms`: when what they were made from was read first as it is. `fading`: in how many steps they come to count e
    times less, by the slowest of those that acts change. `entries`: what all the lists say together. `forgets`: how
    often everything had been forgotten by then. `columns`: what the lists were made from, by kind.
    """

    lists: Mapping[str, WeightedItems]
    entries: Entries
    since_ms: int
    read_ms: int
    age_ms: int
    fading: float
    forgets: int
    columns: Mapping[str, Columns]


class NeighbourhoodBuilder:
    """Turns counts into lists. Stateless but for what it is given."""

    def __init__(self, numbers: ItemNumbers, supports: Supports, min_support: int) -> None:
        self._numbers = numbers
        self._supports = supports
        self._least_pairs = min_support
        self._least_weight = VIEW_STEP_WEIGHT * (min_support - 1)

    def named(self, items: Sequence[str], columns: Sequence[Mapping[str, Columns]]) -> IntArray:
        """All that the columns of these items name, and those of the items that have any."""
        ids = [[kind.ids for kind in kinds.values() if len(kind.ids)] for kinds in columns]
        known = [item for item, its in zip(items, ids, strict=True) if its]
        return np.concatenate([self._numbers.numbers(known), *chain.from_iterable(ids)])

    def columns(
        self, stored: ItemNeighbours, before: Mapping[str, Columns]
    ) -> Mapping[str, Columns]:
        """All kinds, by name. What is as it was `before` is not read again: most kinds of an item are."""
        kinds: tuple[tuple[str, Named, Callable[[Named, int], Columns]], ...] = (
            ("view", stored.view, self._sides),
            ("purchase", stored.purchase, self._counted),
            ("conversion", stored.conversion, self._counted),
            ("similar", stored.similar, self._all),
            ("walk", stored.walk, self._all),
            ("collaborative", stored.collaborative, self._all),
        )
        found = {}
        for name, held, read in kinds:
            mark, known = hash(held), before.get(name, _NO_COLUMNS)
            found[name] = known if known.mark == mark else read(held, mark)
        return found

    def partners(self, columns: Mapping[str, Columns]) -> IntArray:
        """The items whose support the lists need."""
        return np.concatenate([columns["purchase"].ids, columns["similar"].ids])

    def lists(self, columns: Mapping[str, Columns]) -> dict[str, WeightedItems]:
        """All non-empty lists of an item. The supports of its partners must have been refreshed before."""
        view = columns["view"]
        sessions = view.totals["*"]
        makers: tuple[tuple[str, str, Callable[[Columns], WeightedItems]], ...] = (
            ("sequence", "view", _sequence),
            ("co_view", "view", _co_view),
            ("co_purchase", "purchase", self._co_purchase),
            ("conversion", "conversion", lambda kind: _conversion(kind, sessions)),
            ("content", "similar", self._content),
            ("walk", "walk", _ready),
            ("collaborative", "collaborative", _ready),
        )
        lists = {name: make(columns[kind]) for name, kind, make in makers if len(columns[kind].ids)}
        return {name: found for name, found in lists.items() if len(found.ids)}

    def _all(self, held: Named, mark: int) -> Columns:
        names, values = kernels.named(held.texts)
        return Columns(mark, self._numbers.numbers(names), values, {})

    def _counted(self, held: Named, mark: int) -> Columns:
        names, counts = kernels.named(held.texts)
        numbers = dict(zip(names, counts.tolist(), strict=True))
        totals = {"*": numbers.pop("*", 0.0)}
        kept = {name: count for name, count in numbers.items() if count >= self._least_pairs}
        values = np.fromiter(kept.values(), dtype=np.float64, count=len(kept))
        return Columns(mark, self._numbers.numbers(kept), values, totals)

    def _sides(self, held: Named, mark: int) -> Columns:
        """What was viewed after the item, then what was viewed before it."""
        names, values, ahead, totals = kernels.sides(*kernels.named(held.texts), self._least_weight)
        return Columns(mark, self._numbers.numbers(names), values, totals, ahead)

    def _co_purchase(self, purchase: Columns) -> WeightedItems:
        ids, counts = purchase.ids, purchase.values
        own, totals = purchase.totals["*"], self._supports.totals
        weights = log_likelihood_ratio(counts, own, self._supports.baskets(ids), totals.baskets)
        return WeightedItems(ids, weights, counts)

    def _content(self, similar: Columns) -> WeightedItems:
        sessions = self._supports.sessions(similar.ids)
        return WeightedItems(similar.ids, similar.values * shrinkage(sessions))


def sharing(lists: Mapping[str, WeightedItems], entries: Entries) -> Mapping[str, WeightedItems]:
    """The same lists as parts of the arrays of what they say together, so that nothing is kept twice."""
    found, start = {}, 0
    for source, items in lists.items():
        part = slice(start, start := start + len(items.ids))
        ids, weights = entries.ids[part], entries.weights[part]
        found[source] = WeightedItems(ids, weights, items.counts, items.total, items.ahead)
    return found


def entries_of(lists: Mapping[str, WeightedItems]) -> Entries:
    """What the lists of an item say together.

    An echo is told by `co_view` alone: of what came after, `sequence` names the same.
    """
    if not lists:
        return SILENCE
    ids = np.concatenate([items.ids for items in lists.values()])
    weights = np.concatenate([items.weights for items in lists.values()])
    rows, parts = np.empty(len(ids), dtype=np.int8), np.zeros(len(ids), dtype=np.int8)
    start = 0
    for source, items in lists.items():
        end = start + len(items.ids)
        rows[start:end] = ROW[source]
        if source == "co_view":
            parts[start : start + items.ahead] = kernels.AFTER
            parts[start + items.ahead : end] = kernels.BEFORE
        start = end
    return Entries(ids, rows, weights, parts)


#: Those that acts change, unlike models, and content.
_COUNTED = ("sequence", "co_view", "co_purchase", "conversion")


def fading_of(lists: Mapping[str, WeightedItems]) -> float:
    """In how many steps the lists come to count e times less; of one without any as its first would."""
    counted = [STEP_DECAY[source] for source in _COUNTED if source in lists]
    return max(counted, default=STEP_DECAY["sequence"])


def _sequence(view: Columns) -> WeightedItems:
    ahead = view.ahead
    return _shares(view.ids[:ahead], view.values[:ahead], view.totals[">*"])


def _co_view(view: Columns) -> WeightedItems:
    return _shares(view.ids, view.values, VIEW_STEP_WEIGHT * view.totals["*"], view.ahead)


def _conversion(conversion: Columns, sessions: float) -> WeightedItems:
    counts = conversion.values
    return WeightedItems(conversion.ids, shrunk(counts, sessions, CONVERSION_DOUBT), counts)


def _ready(lists: Columns) -> WeightedItems:
    return WeightedItems(lists.ids, lists.values)


def _shares(ids: IntArray, weights: FloatArray, total: float, ahead: int = 0) -> WeightedItems:
    return WeightedItems(ids, conditional(weights, total), _least_sessions(weights), total, ahead)


def _least_sessions(weights: FloatArray) -> IntArray:
    """How many sessions it takes to weigh so much: each adds the weight of one step at most."""
    sessions: IntArray = np.ceil(weights / VIEW_STEP_WEIGHT).astype(np.int32)
    return sessions
