"""Asks the recommender: whom the list is for, and what the list was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.bootstrap import Tandem
from service.evaluation.figures import CUT
from service.evaluation.patience import patiently
from service.evaluation.questions import Touch
from service.interest import interest_of_acts
from service.strategies import Strategy
from service.wishes import Person, Wish
from store.users import Act

#: Lists by what made them: "all" is the strategy, the others are its sources alone.
Lists = Mapping[str, Sequence[str]]


def somebody(tandem: Tandem, before: Sequence[Touch]) -> Person:
    """One who did just this, oldest first, and of whom the store knows nothing."""
    settings = tandem.settings
    acts = [Act("", t.type, t.item, 0) for t in reversed(before[-settings.history_limit :])]
    return Person(interest_of_acts(acts, tandem.recommender.event_types, settings.recent_items))


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks one strategy."""

    tandem: Tandem
    strategy: Strategy
    by_source: bool = False

    async def of_somebody(self, before: Sequence[Touch]) -> Lists:
        """The list of one who did just this, oldest first, and of whom the store knows nothing."""
        return await self._lists(somebody(self.tandem, before))

    async def of_user(self, user_id: str) -> Lists:
        """The list of a user of the store."""
        person = await patiently(lambda: self.tandem.recommender.person(user_id))
        return await self._lists(person)

    async def _lists(self, person: Person) -> Lists:
        recommender, wish = self.tandem.recommender, Wish(self.strategy, CUT)
        if self.by_source:
            return await patiently(lambda: recommender.ranked_ids_by_source(person, wish))
        return {"all": await patiently(lambda: recommender.ranked_ids(person, wish))}
