"""What a user's acts say of their interest: the recent distinct items, each with a weight."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from store.events import EventType
from store.users import Act


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

    An item counts with its strongest act; a newer act against it is added to that. What is left at 0 (put into
    the cart and taken out again) says nothing; below 0 (a dislike) the item is banned.
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
    disliked = {item for item, weight in weights.items() if weight < 0}
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
    """Strongest act in favour, plus the acts against that came after it."""
    strongest = max(newest_first)
    against = newest_first[: newest_first.index(strongest)]
    return strongest + min(0.0, min(against, default=0.0))
