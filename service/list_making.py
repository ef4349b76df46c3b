"""Making a list for somebody: gather evidence, rank, fill up, explain."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from scoring.types import BoolArray, IntArray
from service.interest import Interest
from service.item_cache import ItemCache, attributes_of
from service.model import Filters, Reason, RecommendedItem
from service.near_cache import NearCache
from service.neighbourhoods import Neighbourhood, WeightedItems
from service.numbering import ItemNumbers
from service.ranking import FEATURES, Ranked, Ranking
from service.reasons import NEWEST, TRENDING, Reasons
from service.session_neighbours import SessionNeighbours
from service.strategies import Strategy
from service.trending_list import TrendingList
from service.weights import Weights
from store.catalogue import CatalogueStore

TRENDING_HEAD = 100
NEWEST_READ = 2_000  # how far back a filter may look for something new
ATTRIBUTE_READS = 5


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a list is for: their interest, and the posting entry of their current session ("" when none)."""

    interest: Interest
    session: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a list is to be like."""

    strategy: Strategy
    limit: int
    filters: Filters = field(default_factory=Filters)
    explain: bool = False


@dataclass(frozen=True, slots=True)
class Sources:
    """Where evidence comes from. Lives as long as the worker."""

    near_cache: NearCache
    sessions: SessionNeighbours
    trending: TrendingList
    catalogue: CatalogueStore


@dataclass(slots=True)
class _Gate:
    """Says which items may be shown, and remembers those that it could not judge yet."""

    items: ItemCache
    filters: Filters
    unknown: list[IntArray] = field(default_factory=list)

    def __call__(self, ids: IntArray) -> BoolArray:
        self.unknown.append(self.items.unknown(ids))
        return self.items.allowed(ids, self.filters)

    async def learn(self) -> bool:
        """Reads what could not be judged; whether that changes a judgement."""
        ids = np.unique(np.concatenate(self.unknown)) if self.unknown else np.empty(0, np.int32)
        self.unknown.clear()
        if not len(ids):
            return False
        before = self.items.allowed(ids, self.filters)
        await self.items.read(ids)
        return bool((before != self.items.allowed(ids, self.filters)).any())


class ListMaker:
    """Makes lists. Lives as long as the worker; all that is shared by everybody comes from its caches."""

    def __init__(
        self,
        sources: Sources,
        ranking: Ranking,
        weights: Weights,
        items: ItemCache,
        numbers: ItemNumbers,
    ) -> None:
        self._sources = sources
        self._ranking = ranking
        self._weights = weights
        self._items = items
        self._numbers = numbers
        self._reasons = Reasons(numbers, self._title)

    def forget(self) -> None:
        """Drops what the sources remember."""
        self._sources.near_cache.forget()
        self._sources.sessions.forget()
        self._sources.trending.forget()
        self._weights.forget()

    def withholds(self, item: str, interest: Interest, strategy: Strategy) -> bool:
        """Whether the strategy's repeat policy keeps the item out of this person's list."""
        return item in self._ranking.forbidden(interest, strategy)

    def number(self, item: str) -> int:
        """The item's number in the arrays of a ranked list."""
        return self._numbers.number(item)

    def forget_popular(self) -> None:
        """Drops what is remembered of what is popular."""
        self._sources.trending.forget()

    async def make(self, person: Person, wish: Wish) -> tuple[tuple[RecommendedItem, ...], str]:
        """The list and its basis: personal, trending, newest or none. Empty only if the filters leave nothing.

        No round trip when the caches are warm.
        """
        neighbourhoods, ranked = await self.rank(person, wish)
        reasons = self._reasons.reasons(ranked, person.interest, neighbourhoods)
        items = [
            self._personal(ranked, place, reason, wish.explain)
            for place, reason in zip(ranked.order, reasons, strict=True)
        ]
        basis = "personal" if ranked.rests_on_acts else "trending" if items else "none"
        if len(items) < wish.limit:
            basis = await self._fill(items, person.interest, wish, basis)
        return tuple(items), basis

    async def rank(self, person: Person, wish: Wish) -> tuple[list[Neighbourhood], Ranked]:
        """The candidates with scores, best first, and the neighbourhoods of the person's recent items."""
        interest, strategy = person.interest, wish.strategy
        neighbourhoods, whole_lists, weights = await asyncio.gather(
            self._sources.near_cache.get([item for item, _ in interest.recent]),
            self._whole_lists(person, wish),
            self._weights.get(strategy, interest.last_type),
        )
        evidence = self._ranking.evidence(interest, neighbourhoods, whole_lists, strategy)
        gate = _Gate(self._items, wish.filters)
        gate(self._array(item for item, _ in interest.recent))  # reasons name them by their titles
        for _ in range(ATTRIBUTE_READS):
            ranked = self._ranking.rank(
                evidence, interest, strategy, weights.values, gate, wish.limit
            )
            if not await gate.learn():
                break
        return neighbourhoods, ranked

    async def ids(self, person: Person, wish: Wish) -> list[str]:
        """The ids of the ranked candidates, best first."""
        _, ranked = await self.rank(person, wish)
        return self._numbers.items(ranked.best)

    async def ids_by_source(self, person: Person, wish: Wish) -> dict[str, list[str]]:
        """The same, and by name what each source alone would rank best; all together are "all"."""
        _, ranked = await self.rank(person, wish)
        found = {name: ranked.best_of(name, wish.limit) for name in wish.strategy.sources}
        found["all"] = ranked.best
        return {name: self._numbers.items(ids) for name, ids in found.items()}

    async def popular(self, kind: str, wish: Wish) -> list[RecommendedItem]:
        """What is popular now under the filters, best first."""
        trending = await self._sources.trending.get(kind)
        kept = await self._allowed(trending.ids, wish.filters, wish.limit)
        scores = dict(zip(trending.ids.tolist(), trending.weights.tolist(), strict=True))
        return [
            self._item(number, scores[number], {"trending": scores[number]}, TRENDING)
            for number in kept
        ]

    async def _whole_lists(self, person: Person, wish: Wish) -> dict[str, WeightedItems]:
        lists, sources = {}, wish.strategy.sources
        touched = person.interest.touched
        if "session_knn" in sources and touched:
            ids, scores = await self._sources.sessions.candidates(touched, person.session)
            lists["session_knn"] = WeightedItems(ids, scores)
        if "trending" in sources:
            trending = await self._sources.trending.get()
            head = None if wish.filters != Filters() else TRENDING_HEAD
            lists["trending"] = WeightedItems(trending.ids[:head], trending.weights[:head])
        return lists

    async def _allowed(self, ids: IntArray, filters: Filters, limit: int) -> list[int]:
        """The first `limit` of these items that may be shown."""
        kept: list[int] = []
        for start in range(0, len(ids), 4 * limit):
            chunk = ids[start : start + 4 * limit]
            unknown = self._items.unknown(chunk)
            if len(unknown):
                await self._items.read(unknown)
            kept += chunk[self._items.allowed(chunk, filters)].tolist()
            if len(kept) >= limit:
                break
        return kept[:limit]

    async def _fill(
        self, items: list[RecommendedItem], interest: Interest, wish: Wish, basis: str
    ) -> str:
        """Fills a short list up with what is popular, then with what is new; the basis of the whole."""
        held = {item.item_id for item in items} | self._ranking.forbidden(interest, wish.strategy)
        filters = replace(wish.filters, exclude=wish.filters.exclude | held)
        wish = replace(wish, filters=filters, limit=wish.limit - len(items))
        popular = await self.popular("view", wish)
        items += [replace(item, score=0.0, contributions={}) for item in popular]
        if popular and basis == "none":
            basis = "trending"
        if len(popular) < wish.limit:
            basis = await self._fill_newest(items, wish, basis, len(popular))
        return basis

    async def _fill_newest(
        self, items: list[RecommendedItem], wish: Wish, basis: str, found: int
    ) -> str:
        newest = await self._sources.catalogue.newest(NEWEST_READ)
        shown = {item.item_id for item in items}
        ids = self._array(item for item in newest if item not in shown)
        kept = await self._allowed(ids, wish.filters, wish.limit - found)
        items += [self._item(number, 0.0, {}, NEWEST) for number in kept]
        return "newest" if kept and basis == "none" else basis

    def _personal(
        self, ranked: Ranked, place: int, reason: Reason, explain: bool
    ) -> RecommendedItem:
        parts: dict[str, float] = {}
        if explain:
            column = ranked.contributions[:, place].tolist()
            parts = {name: gain for name, gain in zip(FEATURES, column, strict=True) if gain}
        number = int(ranked.candidates.ids[place])
        return self._item(number, float(ranked.scores[place]), parts, reason)

    def _item(
        self, number: int, score: float, contributions: dict[str, float], reason: Reason
    ) -> RecommendedItem:
        item = self._items.item(number)
        attributes = attributes_of(item) if item is not None else {}
        return RecommendedItem(self._numbers.item(number), score, reason, contributions, attributes)

    def _title(self, number: int) -> str:
        """What a person calls an item: its title, else brand and category, else its id."""
        item = self._items.item(number)
        if item is None:
            return self._numbers.item(number)
        kind = " ".join(filter(None, (item.brand, *item.category[-1:])))
        return item.title or kind or self._numbers.item(number)

    def _array(self, items: Iterable[str]) -> IntArray:
        return np.array([self._numbers.number(item) for item in items], dtype=np.int32)
