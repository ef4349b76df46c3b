"""Thousands of browsers at once: lean Socket.IO clients that remember only how fresh their screens are.

Each connects, authenticates, answers pings, keeps the newest revision, and comes back after a lost connection as
socket.io-client does: after a pause with jitter, or when a draining worker said.
"""

import asyncio
import json
import random
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import aiohttp

from service.ending import end

SOCKET = "/socket.io/?EIO=4&transport=websocket"
LIST, DRAINING = '42["recommendations"', '42["server_draining"'
REVISION = re.compile(r'"revision":\s*(\d+)')
PAUSE_S, PAUSE_MAX_S = 0.5, 5.0
OPEN_AT_ONCE = 50
CONNECT_S = 300.0
LOST = (aiohttp.ClientError, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Shown:
    """An act of a user: when it was acknowledged, and how long until a screen of theirs showed it."""

    acted_s: float
    waited_s: float


@dataclass(slots=True, eq=False)
class Screen:
    """One browser's. `waiting` are acknowledged acts that it does not show yet: revision and when."""

    auth: dict[str, str]
    turn: int
    rng: random.Random
    shown: list[Shown]
    revision: int = 0
    connected: bool = False
    away_s: list[float] = field(default_factory=list)
    waiting: list[tuple[int, float]] = field(default_factory=list)
    _lost_s: float | None = None
    _failures: int = 0
    _told_s: float | None = None

    async def live(self, http: aiohttp.ClientSession, addresses: Sequence[str]) -> None:
        """Stays connected, to one address after another, until it is cancelled."""
        while True:
            with suppress(*LOST):
                await self._watch(http, addresses[self.turn % len(addresses)])
            if self.connected:
                self._lost_s = time.monotonic()
            self.connected = False
            self.turn += 1
            await asyncio.sleep(self._pause_s())

    def acted(self, revision: int, now_s: float) -> None:
        """The user's act was acknowledged with that revision."""
        self.waiting.append((revision, now_s))
        self._cross_off(now_s)

    async def _watch(self, http: aiohttp.ClientSession, address: str) -> None:
        async with http.ws_connect(address + SOCKET, compress=0, max_msg_size=0) as socket:
            async for message in socket:
                if answer := self._hear(str(message.data)):
                    await socket.send_str(answer)

    def _hear(self, packet: str) -> str | None:
        """Takes a packet in; what to say to it."""
        if packet.startswith(LIST):
            self._show(packet)
        elif packet == "2":
            return "3"
        elif packet.startswith("0"):
            return "40" + json.dumps(self.auth)
        elif packet.startswith("40"):
            self._arrive()
        elif packet.startswith(DRAINING):
            self._told_s = json.loads(packet[2:])[1]["retry_after_ms"] / 1_000
        return None

    def _arrive(self) -> None:
        self.connected, self._failures = True, 0
        if self._lost_s is not None:
            self.away_s.append(time.monotonic() - self._lost_s)
            self._lost_s = None

    def _show(self, packet: str) -> None:
        found = REVISION.search(packet)
        assert found is not None, packet[:200]
        self.revision = max(self.revision, int(found[1]))
        self._cross_off(time.monotonic())

    def _cross_off(self, now_s: float) -> None:
        still = []
        for revision, acted_s in self.waiting:
            if revision > self.revision:
                still.append((revision, acted_s))
            else:
                self.shown.append(Shown(acted_s, max(0.0, now_s - acted_s)))
        self.waiting = still

    def _pause_s(self) -> float:
        told_s, self._told_s = self._told_s, None
        pause_s = min(PAUSE_MAX_S, PAUSE_S * 2**self._failures)
        self._failures += 1
        return told_s if told_s is not None else pause_s * self.rng.uniform(0.5, 1.5)


class Screens:
    """All browsers of a scenario: one or more a user, spread over the addresses."""

    def __init__(self, auths: Sequence[dict[str, str]], rng: random.Random) -> None:
        self.shown: list[Shown] = []
        self.all = [Screen(auth, n, rng, self.shown) for n, auth in enumerate(auths)]
        self._of: dict[str, list[Screen]] = {}

    def of(self, user: str, screen: Screen) -> None:
        """Acts of that user are to appear on that screen."""
        self._of.setdefault(user, []).append(screen)

    def acted(self, user: str, revision: int) -> None:
        now_s = time.monotonic()
        for screen in self._of.get(user, ()):
            screen.acted(revision, now_s)

    @property
    def connected(self) -> int:
        return sum(screen.connected for screen in self.all)

    def behind(self) -> int:
        """Screens that do not show what was acknowledged."""
        return sum(bool(screen.waiting) for screen in self.all)

    async def settle(self, within_s: float) -> None:
        """Returns when no screen is behind, or the time is over."""
        deadline_s = time.monotonic() + within_s
        while self.behind() and time.monotonic() < deadline_s:  # noqa: ASYNC110 - as below
            await asyncio.sleep(0.05)

    @asynccontextmanager
    async def watching(self, addresses: Sequence[str]) -> AsyncIterator[None]:
        """All are connected when this is entered, and live until it is left."""
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as http:
            tasks: list[asyncio.Task[None]] = []
            try:
                for screen in self.all:
                    tasks.append(asyncio.create_task(screen.live(http, addresses)))
                    await self._until(len(tasks) - OPEN_AT_ONCE)
                await self._until(len(tasks))
                yield
            finally:
                await end(tasks)

    async def _until(self, connected: int) -> None:
        async with asyncio.timeout(CONNECT_S):
            while self.connected < connected:  # noqa: ASYNC110 - browsers tell nobody
                await asyncio.sleep(0.01)


def one_screen_each(users: Sequence[str], rng: random.Random) -> Screens:
    """A browser for each of these users, who need no token."""
    screens = Screens([{"user_id": user} for user in users], rng)
    for user, screen in zip(users, screens.all, strict=True):
        screens.of(user, screen)
    return screens


def quantile_s(shown: Sequence[Shown], share: float) -> float:
    """The wait that this share of them does not exceed; 0 when there are none."""
    waits = sorted(each.waited_s for each in shown)
    return waits[min(len(waits) - 1, int(share * len(waits)))] if waits else 0.0
