"""What a user's running session has itself added to the pair counts, so that nobody is shown an echo of themselves.

The counts hold every session, the reader's too. Where few others have met a pair, the reader's own step is most of what
is known of it: what they have just left would come back as what others look at. On public click logs the reciprocal
rank falls by up to a sixth when it does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from store.keys import VIEW_STEP_WEIGHT, VIEW_STEPS

#: An item, one looked at after it, the weight that was added for the two, and when, in ms.
Pair = tuple[str, str, float, int]


@dataclass(frozen=True, slots=True)
class Share:
    """What of an item's counts is the reader's: the other items with their weights, and of the totals.

    The first `ahead` of the others came after the item; `sequence` rests on these and on `ahead_total` alone,
    `co_view` on all.
    """

    others: Sequence[str] = ()
    weights: Sequence[float] = ()
    ahead: int = 0
    ahead_total: float = 0.0
    total: float = 0.0

    def in_source(self, source: str) -> Sequence[str]:
        """The other items that the reader has added to in that source."""
        return self.others[: self.ahead] if source == "sequence" else self.others


NO_SHARE = Share()


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One session's pairs, as `docs/counting.md` counts them, and when it held each item first."""

    pairs: Sequence[Pair] = ()
    since_ms: Mapping[str, int] = field(default_factory=dict)

    def share(self, item: str, until_ms: int) -> Share:
        """Of the item's counts as they were read at that time."""
        if self.since_ms.get(item, until_ms + 1) > until_ms:
            return NO_SHARE
        counted = [pair for pair in self.pairs if pair[3] <= until_ms]
        ahead = [(then, weight) for first, then, weight, _ in counted if first == item]
        behind = [(first, weight) for first, then, weight, _ in counted if then == item]
        others = [other for other, _ in ahead + behind]
        weights = [weight for _, weight in ahead + behind]
        ahead_total = sum(weights[: len(ahead)])
        return Share(others, weights, len(ahead), ahead_total, VIEW_STEP_WEIGHT)


NO_SESSION = OwnSession()


def own_session(touches: Iterable[tuple[str, int]]) -> OwnSession:
    """Of the items touched in a session and when, oldest first."""
    pairs: dict[tuple[str, str], Pair] = {}  # each is counted once
    since_ms: dict[str, int] = {}
    before: list[str] = []  # distinct items, newest first
    for item, at_ms in touches:
        since_ms.setdefault(item, at_ms)
        if item in before:
            before.remove(item)
        for steps, other in enumerate(before[:VIEW_STEPS], 1):
            if (other, item) not in pairs:
                pairs[other, item] = other, item, VIEW_STEP_WEIGHT / steps, at_ms
        before.insert(0, item)
    return OwnSession(tuple(pairs.values()), since_ms)
