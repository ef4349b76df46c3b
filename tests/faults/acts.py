"""Users who act at a steady rate, whatever becomes of their requests: each is repeated, by its id, until answered."""

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from service.ending import end

ITEMS = 200
DONE = (200, 202)
PAUSE_S = 0.2
REQUEST_TIMEOUT_S = 10.0
ANSWERED_WITHIN_S = 30.0


@dataclass(slots=True)
class Tally:
    """What became of the requests. A failure is a request that was not answered as it should be, though repeated."""

    sent: int = 0
    failed: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    def fail(self, reason: str) -> None:
        self.failed += 1
        self.reasons[reason] = self.reasons.get(reason, 0) + 1


async def reason_of(answer: aiohttp.ClientResponse) -> str:
    """The code of a problem; of nginx's own answers the status."""
    if answer.content_type != "application/problem+json":
        return str(answer.status)
    return str((await answer.json(content_type=None))["code"])


class Acts:
    """Events of users in turn, open loop: one is sent at its time whether or not earlier ones are answered."""

    def __init__(
        self,
        users: Sequence[str],
        addresses: Sequence[str],
        acknowledged: Callable[[str, int], None],
        rng: random.Random,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.tally = Tally()
        self._users = itertools.cycle(users)
        self._addresses = itertools.cycle(addresses)
        self._acknowledged = acknowledged
        self._rng = rng
        self._headers = headers or {}
        self._ids = (f"act-{n}" for n in itertools.count(time.monotonic_ns()))

    @asynccontextmanager
    async def going_on(self, rate: float) -> AsyncIterator[None]:
        """So many a second while entered; when it is left all are answered, or given up as failed."""
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_S)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
            running: set[asyncio.Task[None]] = set()
            sending = asyncio.create_task(self._send(http, rate, running))
            try:
                yield
            finally:
                await end([sending])
                await self._finish(running)

    async def _send(
        self, http: aiohttp.ClientSession, rate: float, running: set[asyncio.Task[None]]
    ) -> None:
        began_s = time.monotonic()
        for n in itertools.count():
            await asyncio.sleep(max(0.0, began_s + n / rate - time.monotonic()))
            task = asyncio.create_task(self._act(http, next(self._users)))
            running.add(task)
            task.add_done_callback(running.discard)

    async def _finish(self, running: set[asyncio.Task[None]]) -> None:
        if not running:
            return
        _, unanswered = await asyncio.wait(running, timeout=ANSWERED_WITHIN_S)
        for _ in unanswered:
            self.tally.fail("never answered")
        await end(unanswered)

    async def _act(self, http: aiohttp.ClientSession, user: str) -> None:
        item = f"item-{self._rng.randrange(ITEMS)}"
        event = {"user_id": user, "item_id": item, "type": "view", "event_id": next(self._ids)}
        revision = await self._post(http, event)
        while revision is None:
            await asyncio.sleep(PAUSE_S)
            revision = await self._post(http, event)
        self._acknowledged(user, revision)

    async def _post(self, http: aiohttp.ClientSession, event: dict[str, str]) -> int | None:
        self.tally.sent += 1
        url = next(self._addresses) + "/event"
        try:
            async with http.post(url, json=event, headers=self._headers) as answer:
                if answer.status in DONE:
                    return int((await answer.json())["revision"])
                self.tally.fail(await reason_of(answer))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            self.tally.fail(type(error).__name__)
        return None
