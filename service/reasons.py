"""Why an item is shown: the source that gave it the most, the act behind it, in a sentence."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from scoring.candidates import strongest_evidence
from service.interest import Interest
from service.model import Reason
from service.neighbourhoods import Neighbourhood, WeightedItems
from service.numbering import ItemNumbers
from service.ranking import FEATURES, Ranked
from service.strategies import SOURCES

_ITEM_SENTENCES: Mapping[str, tuple[str, str]] = {
    "sequence": ("viewed_next", "Often the next stop after {title}"),
    "co_view": ("viewed_together", "Often viewed together with {title}"),
    "co_purchase": ("bought_together", "Bought together with {title}"),
    "conversion": ("bought_after_viewing", "Bought by people who looked at {title}"),
    "content": ("similar_to", "Similar to {title}"),
}
TRENDING = Reason("trending", "Trending now")
_LIST_REASONS: Mapping[str, Reason] = {
    "session_knn": Reason("similar_sessions", "Visitors with a session like yours went on to this"),
    "trending": TRENDING,
}
NEWEST = Reason("newest", "New in the catalogue")
SEEN = Reason("seen_before", "You looked at this before")

# Both features of a source speak for it.
_ROWS = {source: [FEATURES.index(source), FEATURES.index(f"log_{source}")] for source in SOURCES}


class Reasons:
    """Explains ranked items. `title` gives what a person calls an item (its id when it has no title)."""

    def __init__(self, numbers: ItemNumbers, title: Callable[[int], str]) -> None:
        self._numbers = numbers
        self._title = title

    def reason(
        self,
        ranked: Ranked,
        place: int,
        interest: Interest,
        neighbourhoods: Sequence[Neighbourhood],
    ) -> Reason:
        """The reason for the candidate at that place; one that names an item names one the user acted on."""
        column = ranked.contributions[:, place]
        raw = ranked.candidates.raw[:, place]
        gains = [
            float(column[_ROWS[s]].sum()) if raw[i] > 0 else 0.0 for i, s in enumerate(SOURCES)
        ]
        best = int(np.argmax(gains))
        source = SOURCES[best]
        if gains[best] <= 0:
            return SEEN
        if source in _LIST_REASONS:
            return _LIST_REASONS[source]
        evidence = strongest_evidence(ranked.candidates, place, best)
        if evidence is None:
            return SEEN
        because = interest.recent[evidence.step][0]
        count = _count(neighbourhoods[evidence.step].lists[source], ranked.candidates.ids[place])
        return self._item_reason(source, because, count)

    def _item_reason(self, source: str, because: str, count: int) -> Reason:
        code, sentence = _ITEM_SENTENCES[source]
        title = self._title(self._numbers.number(because))
        parameters: dict[str, str | int | float] = {"item_id": because, "title": title}
        text = sentence.format(title=title)
        if count and source == "co_purchase":
            parameters["baskets"] = count
            text += f" in {count} basket{'s' if count > 1 else ''}"
        return Reason(code, text, parameters)


def _count(items: WeightedItems, shown: int) -> int:
    if items.counts is None:
        return 0
    return round(float(items.counts[items.ids == shown].sum()))
