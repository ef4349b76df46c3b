"""Places of a list as callers see them."""

from collections.abc import Mapping, Sequence

from scoring.types import FloatArray
from service.item_cache import ItemCache
from service.model import Reason, RecommendedItem
from service.numbering import ItemNumbers
from service.ranking import CONTRIBUTIONS, Ranked

_UNEXPLAINED: Mapping[str, float] = {}


class Presenter:
    """Makes the places of lists from numbers and attributes. Lives as long as the worker."""

    def __init__(self, items: ItemCache, numbers: ItemNumbers) -> None:
        self._items = items
        self._numbers = numbers

    def ranked(
        self, ranked: Ranked, places: Sequence[int], reasons: Sequence[Reason], explain: bool
    ) -> list[RecommendedItem]:
        """The candidates at these places, with what they owe their scores to if that is to be explained."""
        if not places:
            return []
        numbers = ranked.candidates.ids.take(places)
        scores = ranked.scores.take(places).tolist()
        parts: Sequence[Mapping[str, float]] = [_UNEXPLAINED] * len(places)
        if explain:
            parts = _named(ranked.contributions.take(places, axis=1))
        names = self._numbers.items(numbers)
        attributes = map(self._items.attributes, numbers.tolist())
        shown = zip(names, scores, reasons, parts, attributes, strict=True)
        return [RecommendedItem(*one) for one in shown]

    def item(
        self, number: int, score: float, contributions: Mapping[str, float], reason: Reason
    ) -> RecommendedItem:
        attributes = self._items.attributes(number)
        return RecommendedItem(self._numbers.item(number), score, reason, contributions, attributes)

    def title(self, number: int) -> str:
        """What a person calls an item: its title, else brand and category, else its id."""
        item = self._items.item(number)
        if item is None:
            return self._numbers.item(number)
        kind = " ".join(filter(None, (item.brand, *item.category[-1:])))
        return item.title or kind or self._numbers.item(number)


def _named(contributions: FloatArray) -> Sequence[Mapping[str, float]]:
    """What is not 0 of each column (F, n) by name; the last is that of a row which is there only where something is
    boosted.
    """
    columns, rows = contributions.T.nonzero()
    gains = contributions[rows, columns].tolist()
    found: list[dict[str, float]] = [{} for _ in range(contributions.shape[1])]
    for column, row, gain in zip(columns.tolist(), rows.tolist(), gains, strict=True):
        found[column][CONTRIBUTIONS[row]] = gain
    return found
