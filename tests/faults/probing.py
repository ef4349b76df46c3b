"""Single requests whose every answer is looked at: status, code, hint when to come again, and how long it took."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.faults.ledger import Act, Ledger

REFUSED = 503


@dataclass(frozen=True, slots=True)
class Answer:
    """`code` is a problem's, or empty."""

    status: int
    code: str
    says_when: bool
    seconds: float

    @property
    def fine(self) -> bool:
        return self.status < 300


@dataclass(slots=True)
class Probe:
    """Asks one worker. `left` are events that it has refused: they are still to be delivered."""

    http: aiohttp.ClientSession
    url: str
    ledger: Ledger
    answers: list[Answer] = field(default_factory=list)
    left: list[Act] = field(default_factory=list)
    _acts: list[Act] = field(default_factory=list)

    async def write(self) -> Answer:
        """Sends an event that is new."""
        act = self._next_act()
        self.ledger.send(act)
        answer, content = await self._ask("POST", "/event", json=act.body)
        if answer.fine:
            self.ledger.answer(act, content)
        else:
            self.left.append(act)
        return answer

    async def read(self) -> Answer:
        """Asks for a list."""
        answer, _ = await self._ask("GET", "/realtime-recommend", params={"user_id": "u0"})
        return answer

    @asynccontextmanager
    async def asking(self, every_s: float) -> AsyncIterator[None]:
        """Writes and reads that often, without waiting for answers; all are there at the end."""
        asked: set[asyncio.Task[Answer]] = set()
        asker = asyncio.create_task(self._keep_asking(every_s, asked))
        try:
            yield
        finally:
            asker.cancel()
            await asyncio.gather(asker, return_exceptions=True)
            await asyncio.gather(*asked)

    async def seconds_until_fine(self, ask: Callable[[], Awaitable[Answer]]) -> float:
        """How long it takes until it works again."""
        began = time.monotonic()
        while not (await ask()).fine:  # noqa: ASYNC110 - it works again without a word
            await asyncio.sleep(0.02)
        return time.monotonic() - began

    async def _keep_asking(self, every_s: float, asked: set[asyncio.Task[Answer]]) -> None:
        while True:
            asked.add(asyncio.create_task(self.write()))
            asked.add(asyncio.create_task(self.read()))
            await asyncio.sleep(every_s)

    async def _ask(self, method: str, path: str, **options: Any) -> tuple[Answer, dict[str, Any]]:
        began = time.monotonic()
        async with self.http.request(method, f"{self.url}{path}", **options) as reply:
            content = await reply.json(content_type=None)
        answer = Answer(
            reply.status,
            content.get("code", ""),
            "Retry-After" in reply.headers,
            time.monotonic() - began,
        )
        self.answers.append(answer)
        return answer, content

    def _next_act(self) -> Act:
        if not self._acts:
            self._acts = self.ledger.next_user()
        return self._acts.pop(0)
