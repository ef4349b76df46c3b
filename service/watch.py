"""What the push hub remembers of one connected user."""

import asyncio
from dataclasses import dataclass, field, replace

from service.model import Push, Recommendations
from store.pushes import UserChanged


@dataclass(slots=True, eq=False)
class Watch:
    """One connected user: their sockets here, and what all of these were sent last.

    `explained` are those of the sockets that want contributions. `revision` is the user's revision behind that list, 0
    while nothing is known of them; `told` the newest revision whose event a push has named. `doubted`: the next list is
    due to more than what was told of the user's acts.
    """

    user: str
    subscribed: asyncio.Task[None]
    sockets: set[str] = field(default_factory=set)
    explained: set[str] = field(default_factory=set)
    sent: Recommendations | None = None
    revision: int = 0
    told: int = 0
    computed_ms: int = 0
    changed: UserChanged | None = None
    dirty: bool = False
    doubted: bool = False
    serving: asyncio.Task[None] | None = None

    def on_screen(self, made: Recommendations) -> Recommendations:
        """The list as it is sent: after an erasure its revision is the time, for screens take none that goes back."""
        if made.revision or self.sent is None or not self.sent.revision:
            return made
        return replace(made, revision=made.computed_at_ms)

    def push(self, made: Recommendations, changed: UserChanged | None) -> Push:
        """A list as the sockets are sent it; the event that changed it counts as told."""
        push = Push(self.on_screen(made), None, None)
        if changed is None:
            return push
        self.told = max(self.told, changed.revision)
        cause = {"event_id": changed.event_id, "type": changed.type, "item_id": changed.item}
        return replace(push, changed_by=cause, recorded_at_ms=changed.recorded_at_ms)

    def note(self, made: Recommendations) -> None:
        """All sockets have this list now."""
        self.sent = self.on_screen(made)
        self.revision, self.computed_ms = made.revision, made.computed_at_ms

    def shows(self, made: Recommendations) -> bool:
        """Whether all sockets have this list already: the same items, reasons and revision."""
        if self.sent is None or made.revision != self.revision:
            return False
        return _seen(made) == _seen(self.sent)

    def shows_items_of(self, made: Recommendations) -> bool:
        """Whether all sockets show the same items already, whatever else has changed."""
        return self.sent is not None and _ids(self.sent) == _ids(made)

    def taken(self) -> tuple[UserChanged | None, int]:
        """The event that the next list is due to, and the revision that the user is known to have, 0 where that is not
        all; from now on the list is no more due.
        """
        changed, doubted = self.changed, self.doubted
        self.changed, self.dirty, self.doubted = None, False, False
        return changed, changed.revision if changed is not None and not doubted else 0

    def put_back(self, changed: UserChanged | None) -> None:
        """The push failed: the user stays dirty, and its cause is kept unless a newer one came meanwhile."""
        self.dirty = self.doubted = True
        self.changed = self.changed or changed


def _seen(recommendations: Recommendations) -> list[tuple[str, str]]:
    return [(item.item_id, item.reason.text) for item in recommendations.items]


def _ids(recommendations: Recommendations) -> list[str]:
    return [item.item_id for item in recommendations.items]
