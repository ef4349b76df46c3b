"""Workers whose clocks differ by an hour each: what is counted once stays so, over midnight too; the doctor tells."""

import asyncio
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import aiohttp
from redis import Redis

from store.keys import HOUR_MS, Keys
from store.recording import Limits
from tests.faults.audit import AMISS, amiss, audit
from tests.faults.ledger import Act, Ledger
from tests.faults.mortal import mortal_redis
from tests.faults.rounds import in_rounds
from tests.faults.skew import clock_environment, skewed_workers
from tests.faults.writers import session
from tests.store.dump import names, ttls_ms

PROMISES = "P1, P4"
WHAT = (
    "three workers, of which one is an hour behind and one ahead, at noon and at midnight: each "
    "event goes to all three; daily limits and lives of keys are looked at, and what the doctor says"
)

SEED = 20_266
HOUR_S = 3_600
TIMES_OF_DAY_S = {"noon": 12 * HOUR_S, "midnight": 23 * HOUR_S + HOUR_S // 2}
USERS = 300
CLIENTS = 8
DAILY_LIMIT = 50
FLOOD = 80
LEAST_IDS_LIFE_MS = 48 * HOUR_MS
REFUSED_AS_TOO_MANY = 429


def measure(scale: float) -> dict[str, float]:
    users = max(10, round(USERS * scale))
    figures: Counter[str] = Counter()
    for name in TIMES_OF_DAY_S:
        figures.update(in_rounds(1, SEED, partial(one_round, time_of_day=name, users=users)))
    return dict(figures)


async def one_round(folder: Path, seed: int, time_of_day: str, users: int) -> dict[str, float]:
    right_s = TIMES_OF_DAY_S[time_of_day] - int(time.time()) % (24 * HOUR_S)
    offsets_s = [right_s - HOUR_S, right_s, right_s + HOUR_S]
    settings = {"rebuild_interval_s": 0, "max_events_per_user_per_day": DAILY_LIMIT}
    with mortal_redis(folder / "redis") as redis:
        with skewed_workers(folder, offsets_s, redis_url=redis.url, **settings) as workers:
            async with session(CLIENTS) as http:
                shop = Shop(http, [w.url for w in workers], Ledger(seed), random.Random(seed))
                waiting = [shop.ledger.next_user() for _ in range(users)]
                await asyncio.gather(*(shop.send_all(waiting) for _ in range(CLIENTS)))
                if time_of_day == "noon":  # at midnight the three have two days between them
                    shop.seen["over_the_daily_limit"] = await shop.flood() - DAILY_LIMIT
                shop.seen["true_times_refused"] = await shop.refused_for(right_s)
        found = await asyncio.to_thread(audit, redis.url, shop.ledger)
        short_lived = await asyncio.to_thread(_short_lived, redis.url)
        silent = await asyncio.to_thread(_doctor_is_silent, redis.url)
    return {
        **found.figures(),
        "answered_as_duplicates": shop.ledger.said_duplicate,
        **{name: float(shop.seen[name]) for name in SEEN},
        "short_lived_keys": short_lived,
        "doctor_silent": silent,
    }


SEEN = ("unordered_revisions", "over_the_daily_limit", "true_times_refused")


@dataclass(frozen=True, slots=True)
class Shop:
    """Sends to all workers, and notes what it sees."""

    http: aiohttp.ClientSession
    urls: Sequence[str]
    ledger: Ledger
    rng: random.Random
    seen: Counter[str] = field(default_factory=Counter)

    async def send_all(self, waiting: list[list[Act]]) -> None:
        """User after user; each event goes to every worker, in any order."""
        while waiting:
            last = None
            for act in waiting.pop():
                self.ledger.send(act)
                first, *again = self.rng.sample(self.urls, len(self.urls))
                answer = await self.post(first, act.body)
                self.ledger.answer(act, answer)
                self.seen["unordered_revisions"] += last not in (None, answer["revision"] - 1)
                last = answer["revision"]
                for url in again:
                    self.ledger.answer(act, await self.post(url, act.body))

    async def flood(self) -> int:
        """How many of one user's events are taken by all workers together."""
        statuses = []
        for number in range(FLOOD):
            url = self.urls[number % len(self.urls)]
            statuses.append((await self.post(url, _view("flood", f"i{number}")))["status"])
        return sum(status != REFUSED_AS_TOO_MANY for status in statuses)

    async def refused_for(self, right_s: int) -> int:
        """Of one event a worker that says its true time, how many are refused for it."""
        event = _view("timely", "i") | {"timestamp": time.time_ns() // 1_000_000 + right_s * 1_000}
        answers = [await self.post(url, event) for url in self.urls]
        return sum(answer["status"] >= 400 for answer in answers)

    async def post(self, url: str, event: Mapping[str, object]) -> dict[str, Any]:
        """The answer, with its status."""
        async with self.http.post(f"{url}/event", json=event) as answer:
            return {"status": answer.status, **(await answer.json(content_type=None))}


def _view(user: str, item: str) -> dict[str, object]:
    return {"user_id": user, "item_id": item, "type": "view"}


def _short_lived(url: str) -> int:
    """Keys of users that end before they may."""
    keys, ttl_ms = Keys(), Limits().event_ttl_ms
    least = {"ids": LEAST_IDS_LIFE_MS}
    least |= dict.fromkeys(("history", "profile", "visits", "session"), ttl_ms - 2 * HOUR_MS)
    with Redis.from_url(url, decode_responses=True) as redis:
        lives_ms = ttls_ms(redis, names(redis, keys.tag(0)))
    return sum(
        life_ms < least.get(key.removeprefix(keys.tag(0)).partition(":")[0], 0)
        for key, life_ms in lives_ms.items()
    )


def _doctor_is_silent(url: str) -> bool:
    """Whether the doctor, on a machine that is an hour ahead, says nothing of it."""
    command = [sys.executable, "-m", "web.cli", "doctor"]
    with patch.dict(os.environ, TANDEM_REDIS_URL=url, COLUMNS="200", **clock_environment(HOUR_S)):
        said = subprocess.run(command, capture_output=True, text=True)
    return said.returncode == 0 or not re.search(r"FAIL\W+clock", said.stdout)


def problems(figures: Mapping[str, float]) -> list[str]:
    judged = ("unordered_revisions", "over_the_daily_limit", "short_lived_keys", "doctor_silent")
    return amiss(figures, *AMISS, *judged)
