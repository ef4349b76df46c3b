"""Whom a list is for, what it is to be like, and what it is while it is made."""

from dataclasses import dataclass, field

from service.interest import Interest
from service.model import Filters, RecommendedItem
from service.ranking import Ranked
from service.rules import RulesInForce
from service.strategies import Strategy
from service.variety import Variety


@dataclass(slots=True)
class Person:
    """Whom a list is for: their interest, and the posting entry of their current session ("" when none)."""

    interest: Interest
    session: str = ""


@dataclass(slots=True)
class Wish:
    """What a list is to be like. `resting` items are left out, unless pinned; `promotes`: boosts and pins hold;
    `reasons`: it says why each item is on it.
    """

    strategy: Strategy
    limit: int
    filters: Filters = field(default_factory=Filters)
    explain: bool = False
    variety: Variety = field(default_factory=Variety)
    resting: frozenset[str] = frozenset()
    promotes: bool = False
    reasons: bool = True


@dataclass(slots=True)
class Draft:
    """A list in the making. `forbidden`: what the strategy's repeat policy keeps out; `basis`: what it rests on."""

    wish: Wish
    rules: RulesInForce
    forbidden: frozenset[str]
    ranked: Ranked
    items: list[RecommendedItem]
    basis: str

    @property
    def missing(self) -> int:
        """How many items are still to be found."""
        return self.wish.limit - len(self.items)

    def add(self, items: list[RecommendedItem], basis: str) -> None:
        """Puts items at the end; what they rest on counts where nothing was before."""
        if items and self.basis == "none":
            self.basis = basis
        self.items += items
