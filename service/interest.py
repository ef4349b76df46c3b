"""What a user's acts say of their interest: the recent distinct items, each with a weight."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from service.own_session import NO_SESSION, OwnSession, own_session
from store.events import EventType
from store.users import Act

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
    known = [act for act in acts if act.type in types]
    newest_first: dict[str, list[float]] = {}
    for act in known:
        newest_first.setdefault(act.item, []).append(types[act.type].weight)
    weights = {item: _weight(held) for item, held in newest_first.items()}
    liked = [(item, weight) for item, weight in weights.items() if weight > 0]
    disliked = {item for item, weight in weights.items() if weight <= BANNING_WEIGHT}
    bought = {act.item for act in known if act.type == "purchase"}
    touches = [act for act in known if types[act.type].touches]
    touched = [act.item for act in touches[: 2 * limit] if act.item not in disliked]
    return Interest(
        recent=tuple(liked[:limit]),
        touched=tuple(reversed(touched)),
        banned=frozenset(bought | disliked | _in_cart(known)),
        last=touches[0].item if touches else None,
        last_type=touches[0].type if touches else None,
        own=own_session(_running(touches, gap_ms)) if gap_ms else NO_SESSION,
        acts=_strongest(known, types),
    )


def _strongest(acts: Sequence[Act], types: Mapping[str, EventType]) -> dict[str, str]:
    """The type of the strongest act in favour of each item since the last one against it (newest first)."""
    found: dict[str, str] = {}
    closed: set[str] = set()
    for act in acts:
        weight, held = types[act.type].weight, found.get(act.item)
        if weight < 0:
            closed.add(act.item)
        elif act.item not in closed and (held is None or weight > types[held].weight):
            found[act.item] = act.type
    return found


def _running(newest_first: Sequence[Act], gap_ms: int) -> list[tuple[str, int]]:
    """The items of the last session and when they were touched, oldest first."""
    running = list(newest_first[:1])
    for act in newest_first[1:]:
        if running[-1].at_ms - act.at_ms > gap_ms:
            break
        running.append(act)
    return [(act.item, act.at_ms) for act in reversed(running)]


def _in_cart(acts: Sequence[Act]) -> set[str]:
    """Items put into the cart and not taken out since."""
    newest: dict[str, str] = {}
    for act in acts:
        if act.type in ("add_to_cart", "remove_from_cart"):
            newest.setdefault(act.item, act.type)
    return {item for item, kind in newest.items() if kind == "add_to_cart"}


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
    total = 0.0
    for weight in reversed(newest_first):
        if weight > 0:
            total = max(total, weight)
        elif weight <= BANNING_WEIGHT:
            total = weight
        elif total > 0:
            total = max(0.0, total + weight)
    return total
