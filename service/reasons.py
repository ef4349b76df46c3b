"""Why an item is shown: the source that gave it the most, the act behind it, in a sentence."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from scoring import kernels
from scoring.candidates import strongest_steps
from scoring.types import IntArray
from service.interest import Interest
from service.model import Reason
from service.neighbourhoods import Neighbourhood, WeightedItems
from service.numbering import ItemNumbers
from service.ranking import Ranked
from service.strategies import SOURCES

_ITEM_SENTENCES: Mapping[str, tuple[str, str]] = {
    "sequence": ("viewed_next", "Often looked at after {title}"),
    "co_view": ("viewed_together", "Often viewed together with {title}"),
    "co_purchase": ("bought_together", "Bought together with {title}"),
    "conversion": ("bought_after_viewing", "Bought by people who looked at {title}"),
    "content": ("similar_to", "Similar to {title}"),
    "walk": ("related_to", "Looked at by people who look at things like {title}"),
    "collaborative": ("bought_with_such", "Bought by people who buy things like {title}"),
}
# What is said instead where one session may be all that stands behind it.
_ONCE: Mapping[str, str] = {
    "sequence": "Looked at after {title}",
    "co_view": "Viewed together with {title}",
    "conversion": "Bought by somebody who looked at {title}",
}
TRENDING = Reason("trending", "Trending now")
_LIST_REASONS: Mapping[str, Reason] = {
    "session_knn": Reason("similar_sessions", "Visitors with a session like yours went on to this"),
    "trending": TRENDING,
}
NEWEST = Reason("newest", "New or changed in the catalogue")
PINNED = Reason("pinned", "Picked by the shop")
SEEN = Reason("seen_before", "You looked at this before")

#: A reason that names an item tells more: it is preferred when it gave at least this share of the best.
NAMING_SHARE = 1 / 3
#: What fewer sessions did, did not happen "often".
OFTEN = 2

_NO_SOURCE = -1
#: What a source is to `telling`.
_KIND = {
    "sequence": kernels.COUNTED,
    "co_view": kernels.COUNTED,
    "co_purchase": kernels.COUNTED,
    "conversion": kernels.COUNTED,
    "content": kernels.NAMING,
    "walk": kernels.MODELLED,
    "collaborative": kernels.MODELLED,
    "session_knn": kernels.LISTED,
    "trending": kernels.LISTED,
}
_KINDS = np.array([_KIND[source] for source in SOURCES], dtype=np.int8)


class Reasons:
    """Explains ranked items. `title` gives what a person calls an item (its id when it has no title)."""

    def __init__(self, numbers: ItemNumbers, title: Callable[[int], str]) -> None:
        self._numbers = numbers
        self._title = title

    def reasons(
        self, ranked: Ranked, interest: Interest, neighbourhoods: Sequence[Neighbourhood]
    ) -> list[Reason]:
        """A reason for each served item; one that names an item names one the user acted on."""
        candidates, places = ranked.candidates, np.array(ranked.order, dtype=np.int32)
        rows = kernels.telling(ranked.contributions, candidates.raw, places, _KINDS, NAMING_SHARE)
        sources, steps = rows.tolist(), strongest_steps(candidates, places, rows)
        places_of: dict[tuple[int, int], list[int]] = {}
        for at, telling in enumerate(zip(sources, steps, strict=True)):
            places_of.setdefault(telling, []).append(at)
        found, best = [SEEN] * len(places), candidates.ids.take(places)
        for (row, step), group in places_of.items():
            told = self._told(row, step, best.take(group), interest, neighbourhoods)
            for at, reason in zip(group, told, strict=True):
                found[at] = reason
        return found

    def _told(
        self,
        row: int,
        step: int,
        shown: IntArray,
        interest: Interest,
        neighbourhoods: Sequence[Neighbourhood],
    ) -> list[Reason]:
        """The reasons for items that the same source of the same recent item explains."""
        source = SOURCES[row]
        if row != _NO_SOURCE and source in _LIST_REASONS:
            return [_LIST_REASONS[source]] * len(shown)
        if row == _NO_SOURCE or step < 0:
            return [SEEN] * len(shown)
        because, near = interest.recent[step][0], neighbourhoods[step]
        counts = _counts(near.lists[source], shown)
        if near.lists[source].total:  # what others did is told of, as it is what the score rests on
            own = interest.own.others(because, near.read_ms, source)
            items = self._numbers.items(shown)
            counts = [count - (item in own) for count, item in zip(counts, items, strict=True)]
        made = {count: self._item_reason(source, because, count) for count in set(counts)}
        return [made[count] for count in counts]

    def _item_reason(self, source: str, because: str, count: int) -> Reason:
        code, sentence = _ITEM_SENTENCES[source]
        if count < OFTEN:
            sentence = _ONCE.get(source, sentence)
        title = self._title(self._numbers.number(because))
        parameters: dict[str, str | int | float] = {"item_id": because, "title": title}
        text = sentence.format(title=title)
        if count and source == "co_purchase":
            parameters["baskets"] = count
            text += f" in {count} basket{'s' if count > 1 else ''}"
        return Reason(code, text, parameters)


def _counts(items: WeightedItems, shown: IntArray) -> list[int]:
    """In how many sessions or baskets each of these was; 0 where that is not told."""
    if items.counts is None:
        return [0] * len(shown)
    # An item that came before and after is there twice, and one session may have counted both.
    most = np.where(shown[:, None] == items.ids, items.counts, 0).max(axis=1, initial=0)
    return [round(count) for count in most.tolist()]
