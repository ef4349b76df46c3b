"""A million made-up users and items: what comes of them, and of those who are real.

Bots hold the write key that stands in every page of the shop, call from 200 addresses, and name a new user with each
event and a new item with every second one. The shop's known visitors send by the same key, its newcomers by tokens.
"""

import asyncio
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import jwt
from redis import Redis

from store.senders import SenderLimits
from tests.fleet import running_worker
from tests.redis_server import running_redis_server

PROMISES = "P12"
WHAT = (
    "1,000,000 made-up ids by a public write key from 200 addresses, maxmemory 64 MiB, noeviction"
)

IDS = 1_000_000
IDS_PER_EVENT = 1.5
BATCH = 200
CONNECTIONS = 4
ADDRESSES = 200
KNOWN = "tent"
VISITORS = 20
PAUSE_S = 0.1
CALIBRATION = 1_000
MAX_MEMORY_MIB = 64
KEYS = {
    "write_keys": "write-key-of-every-page",
    "server_keys": "server-key-0123456789",
    "token_secret": "a secret of thirty-two bytes, or more",
}
BUSY = ("storage_timeout", "storage_unavailable", "overloaded")
# What the service keeps beside the event: two counters of a minute, and the user's entry under the key.
BESIDE_BYTES = 2 * 160 + 120
# Hash tables double: what the calibration found may be up to so much more a key later on.
GROWTH = 1.5
SLACK_BYTES = 2**20
LIMITS = SenderLimits()


@dataclass(slots=True)
class Answers:
    """What one kind of sender was answered, and after how many seconds."""

    codes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def of(self, *codes: str) -> int:
        return sum(self.codes[code] for code in codes)

    def refused(self, *expected: str) -> int:
        """Neither taken, nor asked to come again in a second, nor what was expected."""
        return self.codes.total() - self.of("", *BUSY, *expected)


@dataclass(frozen=True, slots=True)
class Cost:
    """Bytes of Redis memory that a new user's event takes, and a new item on top."""

    user: float
    item: float

    def bound(self, minutes: int) -> float:
        """minutes x (users a minute x bytes of one + items a minute x bytes of one)."""
        users = LIMITS.new_users_per_key_per_minute * (self.user * GROWTH + BESIDE_BYTES)
        items = LIMITS.new_items_per_key_per_minute * (self.item * GROWTH + BESIDE_BYTES)
        return minutes * (users + items) + SLACK_BYTES


def measure(scale: float) -> Mapping[str, float]:
    """Attacks once; 1 is a million ids."""
    options = ("--maxmemory", f"{MAX_MEMORY_MIB}mb", "--maxmemory-policy", "noeviction")
    with (
        tempfile.TemporaryDirectory() as folder,
        running_redis_server(Path(folder), *options) as server,
        Redis.from_url(server.url, decode_responses=True) as redis,
        running_worker(Path(folder), "shop", redis_url=server.url, **KEYS) as worker,
    ):
        return asyncio.run(_attack(worker.url, redis, round(IDS * scale)))


async def _attack(url: str, redis: Redis, ids: int) -> Mapping[str, float]:
    async with httpx2.AsyncClient(base_url=url, timeout=30) as http:
        cost = await _calibrated(http, redis)
        before, began_s = _used(redis), time.time()
        bots, visitors, newcomers = Answers(), Answers(), Answers()
        over = asyncio.Event()
        real = asyncio.gather(_visit(http, over, visitors), _come(http, over, newcomers))
        batches = _batches(round(ids / IDS_PER_EVENT))
        await asyncio.gather(*(_flood(http, batches, bots) for _ in range(CONNECTIONS)))
        over.set()
        await real
        ended_s = time.time()
    minutes = int(ended_s // 60 - began_s // 60) + 1
    return {
        "ids_named": ids,
        "seconds": ended_s - began_s,
        "events_recorded": bots.codes[""],
        "events_allowed": minutes * LIMITS.new_users_per_key_per_minute,
        "answered_429": bots.of("too_many_new_ids", "rate_limited"),
        "answered_503": bots.of(*BUSY),
        "answered_otherwise": bots.refused("too_many_new_ids", "rate_limited"),
        "memory_growth_mib": (_used(redis) - before) / 2**20,
        "memory_bound_mib": cost.bound(minutes) / 2**20,
        "bytes_a_user": cost.user,
        "bytes_an_item": cost.item,
        "evicted_keys": redis.info("stats")["evicted_keys"],
        "visitors_events": visitors.codes.total(),
        "visitors_refused": visitors.refused(),
        "visitors_asked_to_retry": visitors.of(*BUSY),
        "visitors_p99_ms": _percentile(visitors.seconds, 0.99) * 1000,
        "newcomers": newcomers.codes.total(),
        "newcomers_refused": newcomers.refused(),
        "newcomers_asked_to_retry": newcomers.of(*BUSY),
    }


def problems(figures: Mapping[str, float]) -> list[str]:
    """What is promised: a bound that holds, nothing thrown away, clear answers, and room for real people."""
    found = []
    if figures["memory_growth_mib"] > figures["memory_bound_mib"]:
        found.append("memory grew beyond what the caps allow")
    if figures["events_recorded"] > figures["events_allowed"]:
        found.append("more made-up users were taken than the caps allow")
    if figures["evicted_keys"]:
        found.append("keys were evicted")
    if figures["answered_otherwise"]:
        found.append("bots were answered something else than 429 or 503")
    if figures["visitors_refused"] or figures["newcomers_refused"]:
        found.append("real people were refused")
    real = figures["visitors_events"] + figures["newcomers"]
    late = figures["visitors_asked_to_retry"] + figures["newcomers_asked_to_retry"]
    if late > real / 10:
        found.append("more than a tenth of real people's events had to be sent again")
    return found


async def _calibrated(http: httpx2.AsyncClient, redis: Redis) -> Cost:
    """Records the visitors, then new users on a known item, then new users on new items; by an unlimited key."""
    headers = {"x-api-key": KEYS["server_keys"]}

    async def record(name: str, item: str) -> float:
        before = _used(redis)
        events = [_event(f"{name}{n}", item.format(n)) for n in range(CALIBRATION)]
        answer = await http.post("/events", json=events, headers=headers)
        assert answer.json()["accepted"] == CALIBRATION, answer.text
        return (_used(redis) - before) / CALIBRATION

    await record("visitor", KNOWN)
    user = await record("calibrating", KNOWN)
    return Cost(user, max(0.0, await record("more", "new{}") - user))


def _batches(events: int) -> Iterator[list[dict[str, str]]]:
    for first in range(0, events, BATCH):
        numbers = range(first, min(first + BATCH, events))
        yield [_event(f"bot{n}", f"fake{n}" if n % 2 else KNOWN) for n in numbers]


async def _flood(
    http: httpx2.AsyncClient, batches: Iterator[list[dict[str, str]]], answers: Answers
) -> None:
    for batch in batches:
        place = random.Random(batch[0]["user_id"]).randrange(ADDRESSES)
        headers = {"x-api-key": KEYS["write_keys"], "x-forwarded-for": f"198.51.100.{place}"}
        answer = await http.post("/events", json=batch, headers=headers)
        if answer.is_error:
            answers.codes[answer.json()["code"]] += len(batch)
            continue
        answers.codes.update(_code(result) for result in answer.json()["results"])


async def _visit(http: httpx2.AsyncClient, over: asyncio.Event, answers: Answers) -> None:
    """Visitors who were there before look at what is known, by the page's key."""
    headers = {"x-api-key": KEYS["write_keys"], "x-forwarded-for": "203.0.113.1"}
    turn = 0
    while not over.is_set():
        turn += 1
        await _tell(http, _event(f"visitor{turn % VISITORS}", KNOWN), headers, answers)
        await asyncio.sleep(PAUSE_S)


async def _come(http: httpx2.AsyncClient, over: asyncio.Event, answers: Answers) -> None:
    """People whom the shop's server gave a token come for the first time."""
    number = 0
    while not over.is_set():
        number += 1
        user, soon = f"newcomer{number}", int(time.time()) + 60
        claims = {"sub": user, "aud": "tandem", "exp": soon}
        token = jwt.encode(claims, KEYS["token_secret"], algorithm="HS256")
        headers = {"authorization": f"Bearer {token}", "x-forwarded-for": "203.0.113.2"}
        await _tell(http, _event(user, KNOWN), headers, answers)
        await asyncio.sleep(PAUSE_S)


async def _tell(
    http: httpx2.AsyncClient, event: dict[str, str], headers: dict[str, str], answers: Answers
) -> None:
    began = time.perf_counter()
    answer = await http.post("/event", json=event, headers=headers)
    answers.seconds.append(time.perf_counter() - began)
    answers.codes["" if answer.status_code == 202 else str(answer.json().get("code"))] += 1


def _event(user: str, item: str) -> dict[str, str]:
    return {"user_id": user, "item_id": item, "type": "view"}


def _code(result: Mapping[str, Mapping[str, str]]) -> str:
    return result["problem"]["code"] if "problem" in result else ""


def _used(redis: Redis) -> int:
    return int(redis.info("memory")["used_memory"])


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))] if values else 0.0
