"""Places of a list as callers see them."""

from scoring.types import FloatArray
from service.item_cache import ItemCache
from service.model import Reason, RecommendedItem
from service.numbering import ItemNumbers
from service.ranking import CONTRIBUTIONS, Ranked


class Presenter:
    """Makes the places of lists from numbers and attributes. Lives as long as the worker."""

    def __init__(self, items: ItemCache, numbers: ItemNumbers) -> None:
        self._items = items
        self._numbers = numbers

    def ranked(self, ranked: Ranked, place: int, reason: Reason, explain: bool) -> RecommendedItem:
        """A candidate, with what it owes its score to if that is to be explained."""
        parts = _named(ranked.contributions[:, place]) if explain else {}
        number = int(ranked.candidates.ids[place])
        return self.item(number, float(ranked.scores[place]), parts, reason)

    def item(
        self, number: int, score: float, contributions: dict[str, float], reason: Reason
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


def _named(column: FloatArray) -> dict[str, float]:
    """What is not 0; the last name is that of a row which is there only where something is boosted."""
    named = zip(CONTRIBUTIONS, column.tolist(), strict=False)
    return {name: gain for name, gain in named if gain}
