"""Clients go away in the midst of their requests: nobody gets another's answer, and what they sent counts once."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from store.connection import POOL_SIZE
from tests.faults.audit import AMISS, amiss, audit
from tests.faults.ledger import Act, Ledger
from tests.faults.mortal import mortal_fleet, mortal_redis
from tests.faults.proxy import fault_proxy
from tests.faults.rounds import in_rounds
from tests.faults.writers import Writers, session

PROMISES = "P4, P5, P7"
WHAT = (
    "clients close their connection in the midst of a request, with a slow link to Redis, while "
    "others wait for their answer; what the vanished have sent is sent again by id"
)

SEED = 20_265
VANISHING = 10_000
CLIENTS = 48
LINK_DELAY_S = 0.004
GONE_AFTER_S = 0.03
OTHER_LINKS = 2  # of pub/sub
BURST = 200


@dataclass(slots=True)
class Storm:
    """What the clients have seen."""

    url: str
    ledger: Ledger
    rng: random.Random
    left: int
    seen: Counter[str]
    unsure: list[Act]

    async def client(self) -> None:
        """Asks again and again; three of four times it does not wait for the answer."""
        while self.left > 0:
            for act in self.ledger.next_user():
                if self.left <= 0:
                    return
                patient = self.rng.random() < 0.25
                await (
                    self._read(act.user, patient) if self._reads() else self._write(act, patient)
                )

    def _reads(self) -> bool:
        return self.rng.random() < 0.5

    async def _write(self, act: Act, patient: bool) -> None:
        self.ledger.send(act)
        content = await self._ask("POST /event", act.body, patient)
        if content is None:
            self.unsure.append(act)
        else:
            self.ledger.answer(act, content)

    async def _read(self, user: str, patient: bool) -> None:
        content = await self._ask("POST /realtime-recommend", {"user_id": user}, patient)
        if content is not None:
            self.seen["swapped_lists"] += content["user_id"] != user

    async def _ask(self, what: str, body: object, patient: bool) -> dict[str, Any] | None:
        """The answer; None where the client has gone, or was told to come again."""
        place = urlsplit(self.url)
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        writer.write(request(what, body))
        try:
            if patient:
                return self._content(await reader.read())
            await asyncio.sleep(self.rng.uniform(0, GONE_AFTER_S))
            self.left -= 1
            self.seen["disconnects"] += 1
            return None
        finally:
            writer.transport.abort()

    def _content(self, answer: bytes) -> dict[str, Any] | None:
        head, _, body = answer.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        self.seen["answered"] += 1
        self.seen["server_errors"] += status == 500
        return dict(json.loads(body)) if status < 300 else None


def request(what: str, body: object) -> bytes:
    """One HTTP request, after whose answer the server closes."""
    content = json.dumps(body).encode()
    lines = (
        f"{what} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode() + content


def measure(scale: float) -> dict[str, float]:
    vanishing = max(100, round(VANISHING * scale))
    return in_rounds(1, SEED, partial(one_round, vanishing=vanishing))


async def one_round(folder: Path, seed: int, vanishing: int) -> dict[str, float]:
    ledger = Ledger(seed)
    with mortal_redis(folder / "redis") as redis:
        async with (
            fault_proxy(redis.port) as proxy,
            mortal_fleet(folder / "workers", 1, redis_url=proxy.url) as fleet,
        ):
            storm = Storm(fleet.urls[0], ledger, random.Random(seed), vanishing, Counter(), [])
            proxy.delay(LINK_DELAY_S)
            await asyncio.gather(*(storm.client() for _ in range(CLIENTS)))
            proxy.repair()
            refused = await _burst(Writers(ledger, lambda: fleet.urls), storm.unsure)
            links = proxy.links
        found = await asyncio.to_thread(audit, redis.url, ledger)
    return {
        **{name: storm.seen[name] for name in ("disconnects", "answered", "server_errors")},
        "swapped_lists": storm.seen["swapped_lists"],
        "swapped_answers": ledger.swapped,
        **found.figures(),
        "recorded_of_the_vanished": ledger.said_duplicate,
        "refused_afterwards": refused,
        "redis_links": links,
        "tracebacks": fleet.tracebacks,
    }


async def _burst(writers: Writers, acts: list[Act]) -> int:
    """Sends them again, more at a time than the pool has slots; how often one was not taken at once."""
    async with session(BURST) as http:
        for start in range(0, len(acts), BURST):
            some = acts[start : start + BURST]
            await asyncio.gather(*(writers.deliver(http, [act]) for act in some))
    return sum(writers.ledger.problems.values())


def problems(figures: Mapping[str, float]) -> list[str]:
    broken = amiss(figures, *AMISS, "swapped_lists", "swapped_answers", "server_errors")
    broken += amiss(figures, "refused_afterwards", "tracebacks")
    if figures["redis_links"] > POOL_SIZE + OTHER_LINKS:
        broken.append(f"{figures['redis_links']:g} links to Redis: pool slots are lost")
    return broken
