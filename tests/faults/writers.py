"""Clients that send each event, with its id, until it is answered: one by one or in batches."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count

import aiohttp

from tests.faults.ledger import Act, Ledger

PATIENCE_S = 10.0
PAUSE_S = 0.02
TAKEN = (200, 202)
LATER = (429, 503)


class NotExpected(Exception):
    """An answer that is neither "recorded" nor "try again"."""


class Writers:
    """Many clients of several workers; a client that fails goes to the next. `urls` are those of the moment."""

    def __init__(self, ledger: Ledger, urls: Callable[[], Sequence[str]]) -> None:
        self.ledger = ledger
        self._urls = urls
        self._turns = count()
        self._stopping = asyncio.Event()

    @asynccontextmanager
    async def running(self, *batch_sizes: int) -> AsyncIterator[None]:
        """A client for each size of batch sends user after user; at the end all that was sent is answered."""
        self._stopping.clear()
        async with session(len(batch_sizes)) as http, asyncio.TaskGroup() as clients:
            for size in batch_sizes:
                clients.create_task(self._send_users(http, size))
            try:
                yield
            finally:
                self._stopping.set()

    async def deliver(self, http: aiohttp.ClientSession, acts: Sequence[Act]) -> None:
        """Sends these together until the last is answered."""
        left = list(acts)
        for act in left:
            self.ledger.send(act)
        while left:
            began = time.monotonic()
            answers = await self._post(http, left)
            self.ledger.longest_s = max(self.ledger.longest_s, time.monotonic() - began)
            for act, answer in zip(left, answers, strict=True):
                if answer is not None:
                    self.ledger.answer(act, answer)
            left = [act for act, answer in zip(left, answers, strict=True) if answer is None]
            if left:
                await asyncio.sleep(PAUSE_S)

    async def _send_users(self, http: aiohttp.ClientSession, size: int) -> None:
        while not self._stopping.is_set():
            acts = self.ledger.next_user()
            for start in range(0, len(acts), size):
                await self.deliver(http, acts[start : start + size])
                if self._stopping.is_set():
                    return

    async def _post(
        self, http: aiohttp.ClientSession, acts: list[Act]
    ) -> list[dict[str, object] | None]:
        urls = self._urls()
        if not urls:
            return [None] * len(acts)
        url = urls[next(self._turns) % len(urls)]
        try:
            if len(acts) == 1:
                return [await self._post_one(http, url, acts[0])]
            return await self._post_batch(http, url, acts)
        except (aiohttp.ClientError, TimeoutError) as error:
            self.ledger.problems[type(error).__name__] += 1
            return [None] * len(acts)

    async def _post_one(
        self, http: aiohttp.ClientSession, url: str, act: Act
    ) -> dict[str, object] | None:
        async with http.post(f"{url}/event", json=act.body) as answer:
            content = await answer.json(content_type=None)
        if answer.status in TAKEN:
            return dict(content)
        self._note(content)
        return None

    async def _post_batch(
        self, http: aiohttp.ClientSession, url: str, acts: list[Act]
    ) -> list[dict[str, object] | None]:
        async with http.post(f"{url}/events", json=[act.body for act in acts]) as answer:
            content = await answer.json(content_type=None)
        if answer.status != 200:
            self._note(content)
            return [None] * len(acts)
        results: list[dict[str, object] | None] = []
        for result in content["results"]:
            if "problem" in result:
                self._note(result["problem"])
            results.append(None if "problem" in result else result)
        return results

    def _note(self, problem: dict[str, object]) -> None:
        self.ledger.problems[str(problem["code"])] += 1
        if problem["status"] not in LATER:
            raise NotExpected(problem)


@asynccontextmanager
async def session(connections: int) -> AsyncIterator[aiohttp.ClientSession]:
    """A pool of so many connections that are kept open."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
    connector = aiohttp.TCPConnector(limit=max(1, connections))
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
        yield http
