"""What benchmarks send: a made-up shop's events, and requests for lists at a fixed rate."""

import asyncio
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import numpy as np
from aiohttp import ClientSession

from service.model import NewEvent

ZIPF = 1.05
BATCH = 500
SESSION_EVENTS = 5
STEP_MS = 20_000


@dataclass(slots=True)
class Load:
    """Draws users and items. Seeded; popularity of item i is proportional to 1 / i^1.05."""

    rng: np.random.Generator
    items: int = 100_000
    users: int = 20_000
    _cumulated: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        weights = 1.0 / np.arange(1, self.items + 1) ** ZIPF
        self._cumulated = np.cumsum(weights / weights.sum())

    def item_numbers(self, count: int) -> list[int]:
        found: list[int] = np.searchsorted(self._cumulated, self.rng.random(count)).tolist()
        return found

    def events(self, count: int) -> list[NewEvent]:
        """Views."""
        users = self.rng.integers(0, self.users, count).tolist()
        items = self.item_numbers(count)
        return [NewEvent(f"u{u}", f"i{i}", "view") for u, i in zip(users, items, strict=True)]

    def history(self, count: int, until_ms: int, span_ms: int) -> list[NewEvent]:
        """Views in sessions of five on average, whose ends spread evenly over the time until then, oldest first."""
        lengths = self.rng.geometric(1 / SESSION_EVENTS, count).cumsum()
        lengths = np.diff(lengths[: np.searchsorted(lengths, count) + 1], prepend=0)
        users = self.rng.integers(0, self.users, len(lengths)).repeat(lengths)[:count]
        ends_ms = self.rng.integers(until_ms - span_ms, until_ms, len(lengths)).repeat(lengths)[
            :count
        ]
        steps = np.concatenate([np.arange(-n, 0) for n in lengths])[:count]
        times_ms = ends_ms + steps * STEP_MS
        acts = zip(users.tolist(), self.item_numbers(count), times_ms.tolist(), strict=True)
        events = [NewEvent(f"u{u}", f"i{i}", "view", timestamp_ms=at_ms) for u, i, at_ms in acts]
        return sorted(events, key=lambda event: event.timestamp_ms or 0)


async def send(http: ClientSession, address: str, events: Sequence[Mapping[str, str]]) -> None:
    """Posts the events in batches. Raises ClientResponseError."""
    for start in range(0, len(events), BATCH):
        async with http.post(f"{address}/events", json=events[start : start + BATCH]) as answer:
            answer.raise_for_status()


def body(event: NewEvent, kind: str = "view") -> dict[str, str]:
    """The event as clients send it."""
    return {"user_id": event.user_id, "item_id": event.item_id, "type": kind}


@dataclass(slots=True)
class Asked:
    """How long lists took, in ms."""

    latency_ms: list[float] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        return float(np.percentile(self.latency_ms, share))


async def ask_while(
    http: ClientSession,
    url: str,
    rate: float,
    goes_on: Callable[[], bool],
    users: int,
    named: str = "u",
    **parameters: str,
) -> Asked:
    """Asks for users' lists, each when it is due, whether or not earlier ones are answered."""
    asked, rng = Asked(), np.random.default_rng(3)
    running: set[asyncio.Task[None]] = set()
    began, count = time.perf_counter(), 0
    while goes_on():
        due = began + count / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        user = f"{named}{rng.integers(0, users)}"
        task = asyncio.create_task(
            _ask(http, url, {"user_id": user, "limit": "20", **parameters}, due, asked)
        )
        running.add(task)
        task.add_done_callback(running.discard)
        count += 1
    await asyncio.gather(*running)
    return asked


async def _ask(
    http: ClientSession, url: str, parameters: Mapping[str, str], due: float, asked: Asked
) -> None:
    async with http.get(url, params=parameters) as answer:
        if answer.status != HTTPStatus.OK:
            sys.exit(f"{url} answered {answer.status}: {await answer.text()}")
        await answer.read()
    asked.latency_ms.append((time.perf_counter() - due) * 1000)
