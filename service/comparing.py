"""Revisions that a lost message kept from a worker: found by asking for them."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from service.availability import store_answers
from service.errors import ServiceError
from service.lasting import set_within
from service.watch import Watch
from store.users import UserStore

log = logging.getLogger(__name__)

COMPARE_INTERVAL_S = 5.0
COMPARE_CHUNK = 500


class Comparison:
    """Compares what was sent to the connected users with what the store holds. Lives as long as the hub."""

    def __init__(
        self, users: UserStore, watches: Mapping[str, Watch], stale: Callable[[Watch], None]
    ) -> None:
        """`stale` is called with each user who was sent another revision than theirs."""
        self._users = users
        self._watches = watches
        self._stale = stale
        self._soon = asyncio.Event()

    def hurry(self) -> None:
        """Something may have been missed: compares at once. Costs a read a user, not a list."""
        self._soon.set()

    async def always(self) -> None:
        """Compares every few seconds, and after a gap at once."""
        while True:
            await set_within(self._soon, COMPARE_INTERVAL_S)
            users = list(self._watches)
            for start in range(0, len(users), COMPARE_CHUNK):
                try:
                    with store_answers():
                        await self._compare(users[start : start + COMPARE_CHUNK])
                except ServiceError as error:
                    log.warning("comparing revisions waits for the store: %s", error.code)

    async def _compare(self, users: list[str]) -> None:
        for user, revision in zip(users, await self._users.revisions(users), strict=True):
            watch = self._watches.get(user)
            if watch is not None and watch.sent is not None and watch.revision != revision:
                self._stale(watch)
