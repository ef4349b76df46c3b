"""What goes in and what comes out of the use cases: plain data that nobody changes.

What is made anew for each request is not frozen, which would double the time to make it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from service.errors import ServiceError
from service.strategies import DEFAULT

Scalar = str | int | float | bool


@dataclass(slots=True)
class NewEvent:
    """One act of a user as a client reports it. Ids are already checked for their form; times in epoch ms."""

    user_id: str
    item_id: str
    type: str
    event_id: str | None = None
    timestamp_ms: int | None = None
    session_id: str | None = None
    order_id: str | None = None
    value: float | None = None
    quantity: int | None = None
    currency: str | None = None
    recommendation_id: str | None = None
    properties: Mapping[str, Scalar] | None = None


@dataclass(slots=True)
class EventAnswer:
    """What became of one event: recorded now or before (`duplicate`), or the problem that kept it out."""

    event_id: str
    duplicate: bool = False
    revision: int = 0
    problem: ServiceError | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """Which items may be shown. Empty fields filter nothing. Prices in the catalogue's own unit."""

    exclude: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()
    price_min: float | None = None
    price_max: float | None = None
    in_stock: bool = False

    @property
    def let_all_pass(self) -> bool:
        """Whether nothing is filtered: mostly, and told at once."""
        return self is NO_FILTERS or self == NO_FILTERS


NO_FILTERS = Filters()


@dataclass(slots=True, unsafe_hash=True)
class Query:
    """Asks for recommendations: for a user, or (user None) for an ad-hoc list of items, oldest first.

    `diversity` from 0 to 1, None for the strategy's own; at most so many items of a category path and of a brand.
    """

    user_id: str | None
    limit: int = 10
    strategy: str = DEFAULT
    context_item: str | None = None
    items: tuple[str, ...] = ()
    filters: Filters = NO_FILTERS
    explain: bool = False
    diversity: float | None = None
    max_per_category: int | None = None
    max_per_brand: int | None = None
    reasons: bool = True


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an item is shown: a stable code with its parameters, and an English sentence."""

    code: str
    text: str
    parameters: Mapping[str, str | int | float] = field(default_factory=dict)


UNTOLD = Reason("", "")


@dataclass(slots=True)
class RecommendedItem:
    """One place of a list. `reason`: UNTOLD where nobody asked why. `contributions` (feature → amount) sum to `score`;
    `attributes` are the catalogue's.
    """

    item_id: str
    score: float
    reason: Reason
    contributions: Mapping[str, float] = field(default_factory=dict)
    attributes: Mapping[str, object] = field(default_factory=dict)


def unexplained(items: Iterable[RecommendedItem]) -> tuple[RecommendedItem, ...]:
    """The same places without contributions."""
    return tuple(replace(item, contributions={}) for item in items)


@dataclass(slots=True)
class Recommendations:
    """A list with all that a client needs to order it among others: (revision, computed_at_ms).

    `basis` says what it rests on: personal, trending or newest (the fallbacks), or none. `stale`: from memory, while
    Redis is away. `owner` is whose acts it rests on: another user than asked for, where that one was merged into them.
    `recent`: the items that the sources looked at, newest first.
    """

    user_id: str | None
    revision: int
    computed_at_ms: int
    recommendation_id: str
    strategy: str
    basis: str
    items: tuple[RecommendedItem, ...]
    cached: bool = False
    stale: bool = False
    owner: str | None = None
    recent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shelf:
    """Items that belong to no user, best first. `stale`: from memory, while Redis is away."""

    items: tuple[RecommendedItem, ...]
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One product of the catalogue. `category` is a path, widest first; prices in the shop's own unit."""

    item_id: str
    title: str | None = None
    category: tuple[str, ...] = ()
    brand: str | None = None
    price: float | None = None
    currency: str | None = None
    tags: tuple[str, ...] = ()
    image: str | None = None
    in_stock: bool = True
    hidden: bool = False
    custom: Mapping[str, Scalar] = field(default_factory=dict)
    updated_ms: int = 0


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    event_id: str
    type: str
    item_id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class UserView:
    """What is known of a user, newest act first."""

    user_id: str
    revision: int
    last_event_ms: int | None
    totals: Mapping[str, int]
    attributes: Mapping[str, str]
    history: tuple[HistoryEntry, ...]


@dataclass(frozen=True, slots=True)
class Erasure:
    """A receipt: sessions and baskets taken back, Redis keys removed, and the ids that were merged into the user."""

    user_id: str
    visits: int
    keys: int
    merged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """A rebuild: running, done, failed or cancelled; `rate` in units a second, `eta_s` to its end."""

    job_id: str
    state: str
    phase: str
    done: int
    total: int
    rate: float
    eta_s: float | None
    started_ms: int
    finished_ms: int | None
    owner: str
    error: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """How well the newest acts were predicted before they happened.

    About so many `predictions`; the share with the right item among the first 20; the mean of 1 / its rank there, 0
    where it was not.
    """

    predictions: float
    hit_rate: float
    reciprocal_rank: float


@dataclass(frozen=True, slots=True)
class StrategyWeights:
    """A strategy's weights by feature for lists after a last act of that kind, and before anything was learned
    (`prior`). `epoch` grows whenever people pin or reset them; `quality` is None before the first prediction.
    """

    strategy: str
    last_act: str
    epoch: int
    examples: int
    pinned: bool
    quality: Quality | None
    weights: Mapping[str, float]
    prior: Mapping[str, float]


@dataclass(slots=True)
class Push:
    """What a browser is sent: a whole fresh list, and the event that changed it (None for others' acts)."""

    recommendations: Recommendations
    changed_by: Mapping[str, str] | None
    recorded_at_ms: int | None
