"""What the users of a worker see: every push that it delivers, as it comes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from service.model import Push
from tests.service.shop import Shop, eventually


@dataclass(slots=True)
class Screens:
    """Delivered pushes in order. `seen` keeps those that were taken from the queue."""

    queue: "asyncio.Queue[tuple[str, Push]]" = field(default_factory=asyncio.Queue)
    seen: list[tuple[str, Push]] = field(default_factory=list)

    async def deliver(self, user: str, push: Push) -> None:
        self.queue.put_nowait((user, push))

    async def next(self) -> tuple[str, Push]:
        """The next push; fails when none comes."""
        self.seen.append(await eventually(self.queue))
        return self.seen[-1]

    async def until_revision(self, user: str, revision: int) -> Push:
        """The first push to the user with that revision or a later one."""
        while True:
            pushed_to, push = await self.next()
            if pushed_to == user and push.recommendations.revision >= revision:
                return push

    def of(self, user: str) -> list[Push]:
        return [push for pushed_to, push in self.seen if pushed_to == user]


@asynccontextmanager
async def watching(shop: Shop) -> AsyncIterator[Screens]:
    """The shop's hub runs, and what it delivers comes here."""
    screens = Screens()
    async with shop.tandem.hub.running(screens.deliver):
        yield screens


def item_ids(push: Push) -> list[str]:
    return [item.item_id for item in push.recommendations.items]
