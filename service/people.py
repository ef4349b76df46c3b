"""Whom a list is for, from what the store knows of them now."""

from collections.abc import Callable, Mapping, Sequence

from service.batching import Batches, together_or_alone
from service.errors import NotFound
from service.interest import interest_of_acts, interest_of_items
from service.kept_states import KeptStates
from service.model import HistoryEntry, Query, UserView
from service.settings import Settings
from service.wishes import Person
from store.events import EventType
from store.users import UserState, UserStore

USERS_PER_CALL = 32


class People:
    """Reads users and says what their acts tell.

    Remembers them only for pushes, and only with all that was told of them since: one's own act shows at once.
    """

    def __init__(
        self,
        users: UserStore,
        types: Mapping[str, EventType],
        settings: Settings,
        clock: Callable[[], int],
    ) -> None:
        self._users = users
        self._types = types
        self._settings = settings
        self._clock = clock
        # Not shared like reads of items: a read that began before an act was recorded must not answer who acted.
        self._reads: Batches[str, UserState] = Batches(self._load, limit=USERS_PER_CALL)
        self.kept = KeptStates(settings.history_limit, clock)

    async def load(self, user_id: str) -> UserState:
        """All acts that are kept, not only the newest: what was bought or disliked long ago stays away.

        Who asks at the same time is read together.
        """
        return await self._reads.submit(user_id)

    async def lately(self, user_id: str, reached: int) -> UserState:
        """As `load`, for a push; no round trip where the state of that revision (0: none is known of) is here."""
        state = self.kept.get(user_id, reached) if reached else None
        if state is None:
            forgets = self.kept.forgets
            state = await self.load(user_id)
            self.kept.keep(user_id, state, forgets)
        return state

    async def _load(self, user_ids: list[str]) -> Sequence[UserState | Exception]:
        return await together_or_alone(self._read, user_ids)

    async def _read(self, user_ids: Sequence[str]) -> list[UserState]:
        return await self._users.load(user_ids, self._settings.history_limit, self._clock())

    async def view(self, user_id: str) -> UserView:
        """What is known of a user, or of whoever they were merged into. NotFound when nothing is."""
        state = await self.load(user_id)
        if not state.known:
            raise NotFound("unknown_user", "Nothing is known of this user.")
        return UserView(
            user_id=state.user,
            revision=state.revision,
            last_event_ms=state.last_ms,
            totals=state.totals,
            attributes=state.attributes,
            history=tuple(HistoryEntry(a.event_id, a.type, a.item, a.at_ms) for a in state.acts),
        )

    def person(self, state: UserState) -> Person:
        gap_ms = self._settings.session_gap_s * 1000
        recent = self._settings.recent_items
        interest = interest_of_acts(state.acts, self._types, recent, gap_ms)
        return Person(interest, f"{state.user}:{state.session}" if state.session else "")

    def asked_for(self, query: Query, state: UserState | None) -> Person:
        """The person of a query: a user in that state, or (None) whoever touched its items."""
        if state is None:
            person = Person(interest_of_items(query.items, self._settings.recent_items))
        else:
            person = self.person(state)
        if query.context_item is None:
            return person
        return Person(person.interest.looking_at(query.context_item), person.session)
