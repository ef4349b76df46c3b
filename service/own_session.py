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
class OwnSession:
    """One session's pairs, as `docs/counting.md` counts them, and when it held each item first."""

    pairs: Sequence[Pair] = ()
    since_ms: Mapping[str, int] = field(default_factory=dict)

    def others(self, item: str, until_ms: int, source: str) -> set[str]:
        """The other items to which, beside that item, the session had added in that source by then.

        `sequence` rests on what came after the item, `co_view` on what came before it too.
        """
        counted = [pair for pair in self.pairs if pair[3] <= until_ms]
        found = {then for first, then, _, _ in counted if first == item}
        if source == "co_view":
            found |= {first for first, then, _, _ in counted if then == item}
        return found


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
