"""What a user's running session has itself added to the pair counts, so that nobody is shown an echo of themselves.

The counts hold every session, the reader's too. Where few others have met a pair, the reader's own step is most of what
is known of it: what they have just left would come back as what others look at. On public click logs the reciprocal
rank falls by up to a sixth when it does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from store.keys import VIEW_STEP_WEIGHT, VIEW_STEPS

#: Another item, the weight that was added for it, and when, in ms.
Step = tuple[str, float, int]


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
    """One session's pairs by item, as `docs/counting.md` counts them, and when it held each item first.

    `ahead`: what came after the item. `behind`: what was before it.
    """

    ahead: Mapping[str, Sequence[Step]] = field(default_factory=dict)
    behind: Mapping[str, Sequence[Step]] = field(default_factory=dict)
    since_ms: Mapping[str, int] = field(default_factory=dict)

    def share(self, item: str, until_ms: int) -> Share:
        """Of the item's counts as they were read at that time."""
        if self.since_ms.get(item, until_ms + 1) > until_ms:
            return NO_SHARE
        ahead = [step for step in self.ahead.get(item, ()) if step[2] <= until_ms]
        behind = [step for step in self.behind.get(item, ()) if step[2] <= until_ms]
        others = [other for other, _, _ in ahead + behind]
        weights = [weight for _, weight, _ in ahead + behind]
        ahead_total = sum(weights[: len(ahead)])
        return Share(others, weights, len(ahead), ahead_total, VIEW_STEP_WEIGHT)


NO_SESSION = OwnSession()


def own_session(touches: Iterable[tuple[str, int]]) -> OwnSession:
    """Of the items touched in a session and when, oldest first."""
    ahead: dict[str, list[Step]] = {}
    behind: dict[str, list[Step]] = {}
    since_ms: dict[str, int] = {}
    counted: set[tuple[str, str]] = set()
    before: list[str] = []  # distinct items, newest first
    for item, at_ms in touches:
        since_ms.setdefault(item, at_ms)
        before = [other for other in before if other != item]
        for steps, other in enumerate(before[:VIEW_STEPS], 1):
            if (other, item) not in counted:
                counted.add((other, item))
                weight = VIEW_STEP_WEIGHT / steps
                ahead.setdefault(other, []).append((item, weight, at_ms))
                behind.setdefault(item, []).append((other, weight, at_ms))
        before.insert(0, item)
    return OwnSession(ahead, behind, since_ms)
