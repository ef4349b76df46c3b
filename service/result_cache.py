"""Lists as they were served a moment ago, for who asks the same again."""

from collections import OrderedDict
from collections.abc import Callable, Collection

from service.bounded import keep_newest
from service.model import Query, Recommendations

RESULTS_KEPT = 1_000  # about 12 KB each


class ResultCache:
    """Lists by question, bounded, each for as long as its user has not acted and it is young. Lives as long as the
    worker.
    """

    def __init__(self, clock: Callable[[], int], age_ms: int) -> None:
        """Lists are served until they are `age_ms` old; with a negative age nothing is kept."""
        self._clock = clock
        self._age_ms = age_ms
        self._held: OrderedDict[Query, Recommendations] = OrderedDict()
        self.forgets = 0

    def __len__(self) -> int:
        return len(self._held)

    def get(self, query: Query, revision: int) -> Recommendations | None:
        """The list that was served to this question at this revision of its user, if it is young."""
        held = self._held.get(query) if self._held else None
        if held is None or held.revision != revision:
            return None
        return held if self._clock() - held.computed_at_ms <= self._age_ms else None

    def keep(self, query: Query, made: Recommendations, forgets: int) -> None:
        """Keeps a list, unless something was forgotten since there were so many `forgets`."""
        if self._age_ms < 0 or forgets != self.forgets:
            return
        keep_newest(self._held, query, made, RESULTS_KEPT)

    def forget(self) -> None:
        """Drops everything; what is being made now is not kept."""
        self._held.clear()
        self.forgets += 1

    def forget_users(self, user_ids: Collection[str]) -> None:
        """Drops their lists, by whichever of their ids these were asked for."""
        for query, made in list(self._held.items()):
            if query.user_id in user_ids or made.owner in user_ids:
                del self._held[query]
        self.forgets += 1
