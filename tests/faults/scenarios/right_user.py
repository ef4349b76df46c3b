"""Whether a list ever reaches another user's socket, while everything is pushed at once."""

import asyncio
import resource
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2

from service.bootstrap import system_clock
from tests.faults.watched_sockets import Round, WatchedSocket, close_all, open_socket
from tests.fleet import running_workers
from tests.redis_server import running_redis_server
from web.tokens import Tokens

PROMISES = "P7"
WHAT = (
    "two workers push to ten sockets of each of 200 users as fast as they can; "
    "each list must be of its socket's user and caused by that user's own event"
)
PUSHES = 1_000_000
USERS, LEAST_USERS = 200, 20
SOCKETS_OF_USER = 10
GROUPS = 8
ITEMS = 300
LONGEST_S = 1_800.0
ARRIVAL_S = 10.0
FILES = 8_192
SECRET = "a secret that only these two workers know"
KEY = "the-servers-key-of-this-run"
SETTINGS: Mapping[str, object] = {
    "server_keys": KEY,
    "token_secret": SECRET,
    "push_min_interval_ms": 0,
    "push_items": 3,
    "refresh_interval_s": 3_600,
    "rebuild_interval_s": 0,
    "learn_rate": 0,
    "max_sockets_per_ip": 10_000,
}


@dataclass(slots=True)
class Tally:
    """What was seen of all pushes."""

    wanted: int
    checked: int = 0
    wrong_user: int = 0
    wrong_cause: int = 0
    events: int = 0
    not_taken: int = 0
    not_arrived: int = 0
    began_s: float = field(default_factory=time.monotonic)

    def check(self, user_id: str, pushed: dict[str, Any]) -> None:
        self.checked += 1
        self.wrong_user += pushed["user_id"] != user_id
        cause = pushed["changed_by"]
        self.wrong_cause += cause is not None and not cause["event_id"].startswith(f"{user_id}.")

    @property
    def is_over(self) -> bool:
        return self.checked >= self.wanted or time.monotonic() - self.began_s > LONGEST_S


@dataclass(frozen=True, slots=True)
class Group:
    """Users that act together, and then wait until all their sockets have heard of it."""

    http: httpx2.AsyncClient
    sockets: Mapping[str, Sequence[WatchedSocket]]

    async def act(self, number: int, tally: Tally) -> None:
        events = [_event(user_id, number) for user_id in self.sockets]
        answer = await self.http.post("/events", json=events)
        results = answer.raise_for_status().json()["results"]
        current = Round()
        for user_id, result in zip(self.sockets, results, strict=True):
            if "problem" in result:
                tally.not_taken += (
                    1  # on a busy machine Redis is late now and then: nothing to wait for
                )
                continue
            tally.events += 1
            for socket in self.sockets[user_id]:
                socket.expect(result["revision"], current)
        if current.left:
            await _all_arrived(current, tally)


def measure(scale: float) -> dict[str, float]:
    """Pushes until a million lists have been checked (in proportion), or half an hour is over."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, most), most))
    users = [f"u{n}" for n in range(max(LEAST_USERS, round(USERS * min(1.0, 10 * scale))))]
    with TemporaryDirectory() as name:
        folder = Path(name)
        with (
            running_redis_server(folder) as redis,
            running_workers(folder, ("a", "b"), redis_url=redis.url, **SETTINGS) as workers,
        ):
            urls = [worker.url for worker in workers]
            return asyncio.run(_push(urls, users, Tally(round(PUSHES * scale))))


def problems(figures: Mapping[str, float]) -> list[str]:
    """Any list at a wrong socket; too few lists to say so."""
    found = []
    if figures["wrong_user"] or figures["wrong_cause"]:
        found.append("a list reached another user's socket")
    if figures["pushes_checked"] < figures["pushes_wanted"]:
        found.append("fewer pushes were checked than wanted")
    if figures["not_arrived"]:
        found.append("a list did not arrive in ten seconds")
    return found


async def _push(urls: Sequence[str], users: Sequence[str], tally: Tally) -> dict[str, float]:
    async with _watched(urls, users, tally) as sockets, AsyncExitStack() as stack:
        groups = []
        for n, part in enumerate(_parts(users)):
            headers = {"authorization": f"Bearer {KEY}"}
            http = httpx2.AsyncClient(base_url=urls[n % len(urls)], headers=headers, timeout=30.0)
            await stack.enter_async_context(http)
            groups.append(Group(http, {user_id: sockets[user_id] for user_id in part}))
        tally.checked, tally.began_s = 0, time.monotonic()
        await asyncio.gather(*(_go_on(group, tally) for group in groups))
        seconds = time.monotonic() - tally.began_s
        closed = sum(socket.closed for of_user in sockets.values() for socket in of_user)
    return {
        "users": len(users),
        "sockets": len(users) * SOCKETS_OF_USER,
        "events": tally.events,
        "events_not_taken": tally.not_taken,
        "pushes_wanted": tally.wanted,
        "pushes_checked": tally.checked,
        "wrong_user": tally.wrong_user,
        "wrong_cause": tally.wrong_cause,
        "not_arrived": tally.not_arrived,
        "sockets_closed": closed,
        "pushes_per_second": round(tally.checked / seconds),
    }


@asynccontextmanager
async def _watched(urls: Sequence[str], users: Sequence[str], tally: Tally) -> Any:
    """Each user's sockets, on both workers in turn, read in the background."""
    tokens = Tokens((SECRET,), system_clock)
    sockets: dict[str, list[WatchedSocket]] = {}
    for user_id in users:
        token = tokens.make(user_id, 3_600)
        opening = (
            open_socket(urls[n % len(urls)], token, user_id, tally.check)
            for n in range(SOCKETS_OF_USER)
        )
        sockets[user_id] = list(await asyncio.gather(*opening))
    every = [socket for of_user in sockets.values() for socket in of_user]
    reading = [asyncio.create_task(socket.watch()) for socket in every]
    try:
        yield sockets
        # One that was sent what nobody expects has ended with an error.
        for task in reading:
            if task.done():
                task.result()
    finally:
        await close_all(every)
        await asyncio.gather(*reading, return_exceptions=True)


async def _go_on(group: Group, tally: Tally) -> None:
    number = 0
    while not tally.is_over:
        number += 1
        await group.act(number, tally)


async def _all_arrived(current: Round, tally: Tally) -> None:
    try:
        async with asyncio.timeout(ARRIVAL_S):
            await current.done.wait()
    except TimeoutError:
        tally.not_arrived += current.left


def _parts(users: Sequence[str]) -> Iterator[Sequence[str]]:
    for n in range(GROUPS):
        yield users[n::GROUPS]


def _event(user_id: str, number: int) -> dict[str, str]:
    """Each user walks through the items from a place of their own, so that lists differ and have something to say."""
    item = (int(user_id[1:]) * 7 + number * (1 + int(user_id[1:]) % 3)) % ITEMS
    return {
        "user_id": user_id,
        "item_id": f"i{item}",
        "type": "view",
        "event_id": f"{user_id}.{number}",
    }
