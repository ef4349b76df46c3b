"""What a user's acts say of their interest: the recent distinct items, each with a weight."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from store.events import EventType
from store.users import Act

BANNING_WEIGHT = -5.0  # a dislike; weaker acts against only take away


@dataclass(frozen=True, slots=True)
class Interest:
    """`recent`: distinct items, newest first, with the weight of the acts on them (> 0). `touched`: the touches,
    oldest first, repeats kept. `banned`: items disliked or bought. `last`: the item acted on last, if any.
    """

    recent: tuple[tuple[str, float], ...]
    touched: tuple[str, ...]
    banned: frozenset[str]
    last: str | None

    def looking_at(self, item: str) -> "Interest":
        """The same with one item more, on the page before the user but not (yet) recorded."""
        others = tuple((other, weight) for other, weight in self.recent if other != item)
        return Interest(((item, 1.0), *others), (*self.touched, item), self.banned, item)


def interest_of_acts(acts: Sequence[Act], types: Mapping[str, EventType], limit: int) -> Interest:
    """The interest behind a history (newest first): at most `limit` distinct items.

    See `_weight` for what several acts on one item come to. Items bought are banned, whatever came after.
    """
    newest_first: dict[str, list[float]] = {}
    bought: set[str] = set()
    for act in acts:
        kind = types.get(act.type)
        if kind is not None:
            newest_first.setdefault(act.item, []).append(kind.weight)
            if act.type == "purchase":
                bought.add(act.item)
    weights = {item: _weight(held) for item, held in newest_first.items()}
    liked = [(item, weight) for item, weight in weights.items() if weight > 0]
    disliked = {item for item, weight in weights.items() if weight <= BANNING_WEIGHT}
    touches = [act.item for act in acts if act.type in types and types[act.type].touches]
    return Interest(
        recent=tuple(liked[:limit]),
        touched=tuple(reversed([item for item in touches[: 2 * limit] if item not in disliked])),
        banned=frozenset(bought | disliked),
        last=touches[0] if touches else None,
    )


def interest_of_items(items: Iterable[str], limit: int) -> Interest:
    """The interest behind an ad-hoc list of items, oldest first: its last `limit` distinct items."""
    touched = tuple(items)
    recent = tuple((item, 1.0) for item in dict.fromkeys(reversed(touched)))
    return Interest(
        recent[:limit], touched[-2 * limit :], frozenset(), touched[-1] if touched else None
    )


def act_factor(weight: float) -> float:
    """How much stronger an act of that weight speaks than a view: log2(1 + weight), so 1, 2, 2.6 for 1, 3, 5."""
    return float(np.log2(1.0 + weight))


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
