"""What becomes of a ranking before it is shown: boosts, variety, caps."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

import numpy as np

from scoring.diversity import NO_GROUP, Cap, choose, unit_vectors
from scoring.ranker import top
from scoring.types import FloatArray, IntArray
from service.catalogue import content_tokens
from service.item_cache import ItemCache
from service.model import Item
from service.numbering import ItemNumbers
from service.ranking import Ranked
from service.rules import Factors
from service.variety import Variety

POOL = 100  # of so many candidates, or three times as many as are wanted, a varied list is made
#: Of the tokens of content similarity these weigh more than a word.
HEAVY = {"cat": 2.0, "brand": 2.0}
TOKENS_KEPT = 20_000


class Shaping:
    """Shapes rankings. Lives as long as the worker; what is shaped by nothing passes through untouched."""

    def __init__(self, items: ItemCache, numbers: ItemNumbers) -> None:
        self._items = items
        self._numbers = numbers
        self._tokens: dict[int, tuple[Item, list[tuple[str, float]]]] = {}

    def boosted(self, ranked: Ranked, boosts: Factors, limit: int) -> Ranked:
        """Scores multiplied by the boosts (away from 0 where they are negative: a boost always lifts)."""
        if not boosts:
            return ranked
        numbers = ranked.candidates.ids.tolist()
        factors = np.array([boosts.of(self._numbers.item(n), self._items.item(n)) for n in numbers])
        boost = (factors - 1.0) * np.abs(ranked.scores)
        contributions = np.vstack([ranked.contributions, boost])
        scores = contributions.sum(axis=0)
        order = top(scores, ranked.candidates.ids, limit).tolist()
        return replace(ranked, contributions=contributions, scores=scores, order=order)

    def varied(self, ranked: Ranked, variety: Variety, limit: int) -> Ranked:
        """Another choice and order of the candidates, where variety or caps are asked for."""
        if not variety.asked:
            return ranked
        ids, diverse = ranked.candidates.ids, variety.diversity > 0
        places = top(ranked.scores, ids, max(POOL, 3 * limit) if diverse else len(ids))
        items = [self._items.item(number) for number in ids[places].tolist()]
        chosen = choose(
            ranked.scores[places],
            limit,
            variety.diversity,
            self._vectors(ids[places].tolist(), items) if diverse else None,
            [Cap(_groups(items, part), cap) for cap, part in variety.caps],
        )
        return replace(ranked, order=places[chosen].tolist())

    def _vectors(self, numbers: Sequence[int], items: Sequence[Item | None]) -> FloatArray:
        if len(self._tokens) > TOKENS_KEPT:
            self._tokens.clear()
        return unit_vectors(
            [
                self._tokens_of(number, item) if item is not None else []
                for number, item in zip(numbers, items, strict=True)
            ]
        )

    def _tokens_of(self, number: int, item: Item) -> list[tuple[str, float]]:
        held = self._tokens.get(number)
        if held is None or held[0] is not item:
            tokens = dict.fromkeys(content_tokens(item))
            weighed = [(token, HEAVY.get(token.partition(":")[0], 1.0)) for token in tokens]
            held = self._tokens[number] = item, weighed
        return held[1]


def _groups(items: Sequence[Item | None], part: Callable[[Item], Hashable]) -> IntArray:
    """A number for each distinct part of the items."""
    numbers: dict[Hashable, int] = {None: NO_GROUP}
    parts = [part(item) if item is not None else None for item in items]
    return np.array([numbers.setdefault(p, len(numbers)) for p in parts], dtype=np.int32)
