"""What a rebuild does: content neighbours anew, then the models, then the lists of active users."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Literal

from service.catalogue import Catalogue
from service.model import Query
from service.model_building import can_build
from service.recommender import RealtimeRecommender
from store.keys import DAY_MS
from store.users import UserStore

Scope = Literal["none", "recent", "all"]
#: Builds a version at a time (epoch ms); says the name of each model that is ready.
Build = Callable[[int, int], AsyncGenerator[str, None]]

CONTENT, LISTS = "content", "lists"
MODELS = 2


class Rebuilding:
    """The work of a rebuild, in small units. Lives as long as the worker."""

    def __init__(
        self,
        users: UserStore,
        catalogue: Catalogue,
        recommender: RealtimeRecommender,
        build: Build,
        clock: Callable[[], int],
    ) -> None:
        self._users = users
        self._catalogue = catalogue
        self._recommender = recommender
        self._build = build
        self._clock = clock

    async def users(self, scope: Scope) -> list[str]:
        """Whose lists are made anew: nobody's, those of users of the last 24 hours, or of all still known."""
        if scope == "none":
            return []
        return await self._users.active_since(0 if scope == "all" else self._clock() - DAY_MS)

    async def units(self, users: Sequence[str]) -> int:
        """How many units there are in all."""
        return await self._catalogue.size() + MODELS * can_build() + len(users)

    async def steps(
        self, users: Sequence[str], version: int, reached: str = CONTENT
    ) -> AsyncGenerator[str, None]:
        """Does the work, and says after each unit which phase it belonged to. `reached`: the first phase to do.

        The lists fill this worker's caches; connected users are pushed when the job has ended.
        """
        if reached == CONTENT:
            async for _ in self._catalogue.rebuild():
                yield CONTENT
        if reached != LISTS and can_build():
            async with aclosing(self._build(version, self._clock())) as models:
                async for model in models:
                    yield model
        self._recommender.forget()
        for user in users:
            await self._recommender.recommend(Query(user), fresh=True)
            yield LISTS
