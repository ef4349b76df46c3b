"""Making a list for somebody: gather evidence, rank, shape, explain, fill up, pin."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace

from scoring.entries import Entries
from service.evidence import evidence_of, whole_list
from service.filling import Filling
from service.gate import Gate, Gates
from service.interest import Interest
from service.item_cache import ItemCache
from service.model import UNTOLD, RecommendedItem
from service.near_cache import NearCache
from service.neighbourhoods import Neighbourhood, WeightedItems
from service.numbering import ItemNumbers
from service.pinning import Pinning
from service.presenting import Presenter
from service.ranking import Ranked, Ranking
from service.reasons import Reasons
from service.rulebook import Rulebook
from service.rules import RulesInForce
from service.session_neighbours import SessionNeighbours
from service.shaping import Shaping
from service.strategies import Strategy
from service.supports import Supports
from service.trending_list import TrendingList
from service.variety import Room
from service.weights import CurrentWeights, Weights
from service.wishes import Draft, Person, Wish
from store.catalogue import CatalogueStore

TRENDING_HEAD = 100
ATTRIBUTE_READS = 5


@dataclass(frozen=True, slots=True)
class Sources:
    """Where evidence comes from. Lives as long as the worker."""

    near_cache: NearCache
    sessions: SessionNeighbours
    supports: Supports
    trending: TrendingList
    catalogue: CatalogueStore


class ListMaker:
    """Makes lists. Lives as long as the worker; all that is shared by everybody comes from its caches."""

    def __init__(
        self,
        sources: Sources,
        ranking: Ranking,
        weights: Weights,
        rules: Rulebook,
        items: ItemCache,
        numbers: ItemNumbers,
    ) -> None:
        self._sources = sources
        self._ranking = ranking
        self._weights = weights
        self._rules = rules
        self._items = items
        self._numbers = numbers
        self._gates = Gates(items, numbers)
        self._shaping = Shaping(items, numbers)
        self._presenter = Presenter(items, numbers)
        self._reasons = Reasons(numbers, self._presenter.title)
        self._filling = Filling(sources.trending, sources.catalogue, items, numbers)
        self._pinning = Pinning(items, numbers, sources.supports)
        self._head: tuple[WeightedItems, Entries] | None = None

    def forget(self) -> None:
        """Drops what the sources remember."""
        self._sources.near_cache.forget()
        self._sources.sessions.forget()
        self._sources.trending.forget()
        self._weights.forget()
        self._rules.forget()

    def withholds(self, item: str, interest: Interest, strategy: Strategy) -> bool:
        """Whether the strategy's repeat policy keeps the item out of this person's list."""
        return item in self._ranking.forbidden(interest, strategy)

    def number(self, item: str) -> int:
        """The item's number in the arrays of a ranked list, -1 where it can be in none."""
        return self._numbers.find(item)

    def expect(self, items: Iterable[str], strategy: Strategy) -> None:
        """Begins to read what a list that rests on these items (newest first) will need of them, unless it is here."""
        items = tuple(items)
        self._sources.near_cache.expect(items)
        if "session_knn" in strategy.sources:
            self._sources.sessions.expect(items)

    def forget_popular(self) -> None:
        """Drops what is remembered of what is popular."""
        self._sources.trending.forget()

    async def make(self, person: Person, wish: Wish) -> tuple[tuple[RecommendedItem, ...], str]:
        """The list and its basis: personal, trending, newest, pinned or none. Empty only if nothing may be shown.

        No round trip when the caches are warm.
        """
        rules = await self._rules.current()
        draft = await self._draft(person, wish, rules)
        if draft.missing:
            await self._filling.fill(draft)
        if wish.promotes and rules.pins:
            await self._pinning.pin(draft)
        items = draft.items
        if not wish.reasons:
            items = [
                item if item.reason is UNTOLD else replace(item, reason=UNTOLD) for item in items
            ]
        return tuple(items), draft.basis

    async def _draft(self, person: Person, wish: Wish, rules: RulesInForce) -> Draft:
        """What the ranking alone makes of it, boosted and varied."""
        gate = self._gates.gate(wish.filters, rules, wish.resting)
        neighbourhoods, ranked = await self._ranked(person, wish, gate)
        if wish.promotes:
            ranked = self._shaping.boosted(ranked, rules.boosts, wish.limit)
        ranked = self._shaping.varied(ranked, wish.variety, wish.limit)
        reasons = [UNTOLD] * len(ranked.order)
        if wish.reasons:
            reasons = self._reasons.reasons(ranked, person.interest, neighbourhoods)
        items = self._presenter.ranked(ranked, ranked.order, reasons, wish.explain)
        basis = "personal" if ranked.rests_on_acts else "trending" if items else "none"
        forbidden = frozenset(self._ranking.forbidden(person.interest, wish.strategy))
        return Draft(wish, rules, forbidden, ranked, items, basis)

    async def rank(self, person: Person, wish: Wish) -> tuple[list[Neighbourhood], Ranked]:
        """The candidates with scores, best first, whatever the shop's rules say, and the neighbourhoods of the
        person's recent items.
        """
        return await self._ranked(person, wish, self._gates.gate(wish.filters))

    async def _ranked(
        self, person: Person, wish: Wish, gate: Gate
    ) -> tuple[list[Neighbourhood], Ranked]:
        interest, strategy = person.interest, wish.strategy
        neighbourhoods, whole, weights = await self._read(person, wish)
        evidence = evidence_of(interest, neighbourhoods, whole, strategy.sources, self._numbers)
        if wish.reasons:  # they name these by their titles
            gate(self._numbers.numbers(item for item, _ in interest.recent))
        for _ in range(ATTRIBUTE_READS):
            ranked = self._ranking.rank(
                evidence, interest, strategy, weights.values, gate, wish.limit
            )
            if not await self._learn(gate, ranked):
                break
        else:  # what was read last may have turned out not to be shown
            shown = gate(ranked.candidates.ids)
            ranked = replace(ranked, order=[place for place in ranked.order if shown[place]])
        return neighbourhoods, ranked

    async def _learn(self, gate: Gate, ranked: Ranked) -> bool:
        """Reads what the ranking did not know; whether that may change it. One round trip, mostly none."""
        if gate.is_settled:
            return await self._ranking.learn(ranked)
        return any(await asyncio.gather(gate.learn(), self._ranking.learn(ranked)))

    async def _read(
        self, person: Person, wish: Wish
    ) -> tuple[list[Neighbourhood], list[Entries], CurrentWeights]:
        """What a list rests on. What is missing of the items is read at the same time, without tasks of its own, and
        while the weights are, once a second.
        """
        items = [item for item, _ in person.interest.recent]
        sources, last_type = self._sources, person.interest.last_type
        near = sources.near_cache.held(items)
        if near is not None:
            weights = await self._weights.get(wish.strategy, last_type)
            return near, await self._whole_lists(person, wish), weights
        begun = sources.near_cache.begin(items)
        if "session_knn" in wish.strategy.sources:
            sources.sessions.expect(items)
        weights = await self._weights.get(wish.strategy, last_type)
        whole = await self._whole_lists(person, wish)
        return await sources.near_cache.finished(items, begun), whole, weights

    async def ids(self, person: Person, wish: Wish) -> list[str]:
        """The ids of the ranked candidates, best first."""
        _, ranked = await self.rank(person, wish)
        return self._numbers.items(ranked.best)

    async def ids_by_source(self, person: Person, wish: Wish) -> dict[str, list[str]]:
        """The same, and by name what each source alone would rank best; all together are "all"."""
        gate = self._gates.gate(wish.filters)
        _, ranked = await self._ranked(person, wish, gate)
        gate(ranked.everything.ids)
        await gate.learn()
        mask = gate(ranked.everything.ids)
        found = {name: ranked.best_of(name, wish.limit, mask) for name in wish.strategy.sources}
        found["all"] = ranked.best
        return {name: self._numbers.items(ids) for name, ids in found.items()}

    async def popular(self, kind: str, wish: Wish) -> list[RecommendedItem]:
        """What is popular now under the filters, best first."""
        gate = self._gates.gate(wish.filters, await self._rules.current())
        room = Room(self._items, wish.variety)
        return await self._filling.popular(kind, gate, wish.limit, room.takes)

    async def _whole_lists(self, person: Person, wish: Wish) -> list[Entries]:
        lists, sources = [], wish.strategy.sources
        touched = person.interest.touched
        if "session_knn" in sources and touched:
            found = await self._sources.sessions.candidates(touched, person.session)
            lists.append(whole_list("session_knn", *found))
        if "trending" in sources:
            trending = await self._sources.trending.get()
            if not wish.filters.let_all_pass or wish.resting:
                lists.append(whole_list("trending", trending.ids, trending.weights))
            else:
                lists.append(self._head_of(trending))
        return lists

    def _head_of(self, trending: WeightedItems) -> Entries:
        """Made once for everybody, until the next list is read."""
        if self._head is None or self._head[0] is not trending:
            ids, weights = trending.ids[:TRENDING_HEAD], trending.weights[:TRENDING_HEAD]
            self._head = trending, whole_list("trending", ids, weights)
        return self._head[1]
