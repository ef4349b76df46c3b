"""What a user's acts say of their interest: the recent distinct items, each with a weight."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from service.own_session import NO_SESSION, OwnSession, own_session
from store.events import EventType
from store.users import Act

_CART = frozenset({"add_to_cart", "remove_from_cart"})
BANNING_WEIGHT = -5.0  # a dislike; weaker acts against only take away


@dataclass(slots=True)
class Interest:
    """`recent`: distinct items, newest first, with the weight of the acts on them (> 0). `touched`: the touches,
    oldest first, repeats kept. `banned`: items disliked, bought or in the cart. `last`: the item acted on
    last, `last_type` that act. `own`: what the running session has added to the counts. `acts`: of each recent item
    the type of the strongest act in its favour.
    """

    recent: tuple[tuple[str, float], ...]
    touched: tuple[str, ...]
    banned: frozenset[str]
    last: str | None
    last_type: str | None = None
    own: OwnSession = NO_SESSION
    acts: Mapping[str, str] = field(default_factory=dict)

    def looking_at(self, item: str) -> "Interest":
        """The same with one item more, on the page before the user but not (yet) recorded."""
        others = tuple((other, weight) for other, weight in self.recent if other != item)
        return Interest(
            ((item, 1.0), *others),
            (*self.touched, item),
            self.banned,
            item,
            own=self.own,
            acts={**self.acts, item: "view"},
        )


def interest_of_acts(
    acts: Sequence[Act], types: Mapping[str, EventType], limit: int, gap_ms: int = 0
) -> Interest:
    """The interest behind a history (newest first): at most `limit` distinct items.

    `gap_ms`: the pause that ends a session; 0 for acts that were never counted.

    See `_weight` for what several acts on one item come to. Items bought or in the cart are banned, whatever came
    after: they speak for what goes with them.
    """
    told = _told(acts, types)
    weights = {item: _weight(held) for item, held in told.weights.items()}
    liked = [(item, weight) for item, weight in weights.items() if weight > 0]
    disliked = {item for item, weight in weights.items() if weight <= BANNING_WEIGHT}
    touches = told.touches
    touched = [act.item for act in touches[: 2 * limit] if act.item not in disliked]
    in_cart = {item for item, kind in told.carted.items() if kind == "add_to_cart"}
    return Interest(
        recent=tuple(liked[:limit]),
        touched=tuple(reversed(touched)),
        banned=frozenset(told.bought | disliked | in_cart),
        last=touches[0].item if touches else None,
        last_type=touches[0].type if touches else None,
        own=own_session(_running(touches, gap_ms)) if gap_ms else NO_SESSION,
        acts=told.strongest,
    )


@dataclass(slots=True)
class _Told:
    """What a history says, newest first: the weights of each item's acts, the touches, the last act of a cart on each
    item, the items bought, and the type of the strongest act in favour of each item since the last one against it.
    """

    weights: dict[str, list[float]] = field(default_factory=dict)
    touches: list[Act] = field(default_factory=list)
    carted: dict[str, str] = field(default_factory=dict)
    bought: set[str] = field(default_factory=set)
    strongest: dict[str, str] = field(default_factory=dict)


def _told(acts: Sequence[Act], types: Mapping[str, EventType]) -> _Told:
    """In one pass: the acts of a list's user are read for each list. Those of unknown types say nothing."""
    told, closed = _Told(), set()
    for act in acts:
        type_, item = act.type, act.item
        kind = types.get(type_)
        if kind is None:
            continue
        told.weights.setdefault(item, []).append(kind.weight)
        if kind.touches:
            told.touches.append(act)
        if type_ in _CART:
            told.carted.setdefault(item, type_)
        elif type_ == "purchase":
            told.bought.add(item)
        held = told.strongest.get(item)
        if kind.weight < 0:
            closed.add(item)
        elif item not in closed and (held is None or kind.weight > types[held].weight):
            told.strongest[item] = type_
    return told


def _running(newest_first: Sequence[Act], gap_ms: int) -> list[tuple[str, int]]:
    """The items of the last session and when they were touched, oldest first."""
    running = list(newest_first[:1])
    for act in newest_first[1:]:
        if running[-1].at_ms - act.at_ms > gap_ms:
            break
        running.append(act)
    return [(act.item, act.at_ms) for act in reversed(running)]


def interest_of_items(items: Iterable[str], limit: int) -> Interest:
    """The interest behind an ad-hoc list of items, oldest first: its last `limit` distinct items, all banned."""
    touched = tuple(items)
    recent = tuple((item, 1.0) for item in dict.fromkeys(reversed(touched)))
    last = touched[-1] if touched else None
    return Interest(recent[:limit], touched[-2 * limit :], frozenset(touched), last)


def act_factor(weight: float) -> float:
    """How much stronger an act of that weight speaks than a view: log2(1 + weight), so 1, 2, 2.6 for 1, 3, 5."""
    return math.log2(1.0 + weight)


def _weight(newest_first: Sequence[float]) -> float:
    """What acts on one item come to: the strongest in favour counts, an act against takes away from it.

    A dislike wipes out what was before and bans the item until a newer act in favour. Putting an item into the cart
    and taking it out again comes to 0, which says nothing.
    """
    if len(newest_first) == 1 and newest_first[0] > 0:  # mostly
        return newest_first[0]
    total = 0.0
    for weight in reversed(newest_first):
        if weight > 0:
            total = max(total, weight)
        elif weight <= BANNING_WEIGHT:
            total = weight
        elif total > 0:
            total = max(0.0, total + weight)
    return total
