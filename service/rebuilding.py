"""What a rebuild does: content neighbours anew, then the models, then the lists of active users."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from time import perf_counter
from typing import Literal

from service.catalogue import Catalogue
from service.errors import Unavailable
from service.model import Query
from service.model_building import MODELS, Order, Step, can_build
from service.pacing import rest_since
from service.recommender import RealtimeRecommender
from store.keys import DAY_MS
from store.users import UserStore

Scope = Literal["none", "recent", "all"]
Build = Callable[[Order], AsyncGenerator[Step, None]]

CONTENT, LISTS = "content", "lists"
RECENT_MOST = 1_000  # a rebuild begins each hour, and has to end by then
LISTS_SHARE = 0.2  # of the worker's time: the rest is the requests'
PHASES = (CONTENT, *MODELS, LISTS)
log = logging.getLogger(__name__)
NO_MODELS = "Models are not built: SciPy is not installed (the extra `ml`)."


class Rebuilding:
    """The work of a rebuild, in small units. Lives as long as the worker."""

    def __init__(
        self,
        users: UserStore,
        catalogue: Catalogue,
        recommender: RealtimeRecommender,
        build: Build,
        announce: Callable[[], Awaitable[None]],
        min_support: int,
        clock: Callable[[], int],
    ) -> None:
        """`announce` tells all workers that there are new models."""
        self._users = users
        self._catalogue = catalogue
        self._recommender = recommender
        self._build = build
        self._announce = announce
        self._min_support = min_support
        self._clock = clock

    async def users(self, scope: Scope) -> list[str]:
        """Whose lists are made anew: nobody's, those of the last 1,000 of the last 24 hours, or of all still known."""
        if scope == "none":
            return []
        if scope == "all":
            return await self._users.active_since(0)
        return await self._users.active_since(self._clock() - DAY_MS, RECENT_MOST)

    async def units(self, users: Sequence[str], reached: str = CONTENT) -> int:
        """How many units there are from that phase on, as far as it is known before: a model's lists come to light
        with it.
        """
        return len(users) + (await self._catalogue.size() if reached == CONTENT else 0)

    def note(self) -> str:
        """What will be left out, and why."""
        return "" if can_build() else NO_MODELS

    async def steps(
        self, users: Sequence[str], version: int, reached: str = CONTENT
    ) -> AsyncGenerator[Step, None]:
        """Does the work, and says after each part how far it is. `reached`: the first phase to do.

        The lists fill this worker's caches; connected users are pushed when the models are there.
        """
        phases = PHASES[PHASES.index(reached) :]
        if CONTENT in phases:
            async for _ in self._catalogue.rebuild():
                yield Step(CONTENT)
        models = [model for model in MODELS if model in phases]
        if models and can_build():
            order = Order(version, self._clock(), models, self._min_support)
            async with aclosing(self._build(order)) as steps:
                async for step in steps:
                    yield step
        self._recommender.models_changed()
        await self._announce()
        for user in users:
            began_s = perf_counter()
            try:
                await self._recommender.recommend(Query(user), fresh=True)
            except Unavailable as error:  # the next who asks has it made
                log.warning("a list is not made anew: %s", error.code)
            yield Step(LISTS)
            await rest_since(began_s, LISTS_SHARE)
