"""The audit sees what is missing and what is too much, whatever has caused it."""

import asyncio
from collections.abc import Callable

import pytest
from redis import Redis as Client
from redis.asyncio import Redis

from store.events import DEFAULT_EVENT_TYPES, Event, type_table
from store.keys import DAY_MS, Keys
from store.recording import EventStore, Limits
from store.script import load_scripts
from tests.clock import START_MS
from tests.faults.audit import Findings, audit
from tests.faults.ledger import Act, Ledger

KEYS = Keys()
USER = "u0"
IDS = KEYS.ids(USER, START_MS // DAY_MS)
FIRST = f"{USER}-0"


@pytest.fixture
async def ledger(real_redis: Redis) -> Ledger:
    """Of one user, all of whose acts have been recorded and acknowledged."""
    scripts = await load_scripts(real_redis)
    store = EventStore(real_redis, KEYS, Limits(), type_table(DEFAULT_EVENT_TYPES), scripts)
    made = Ledger(seed=1)
    for act in made.next_user():
        made.send(act)
        (answer,) = await store.record([event_of(act)])
        made.answer(
            act, {"event_id": act.event_id, "duplicate": False, "revision": answer.revision}
        )
    return made


def event_of(act: Act) -> Event:
    return Event(
        user=act.user,
        item=act.item,
        type=act.type,
        event_id=act.event_id,
        fingerprint="",
        at_ms=START_MS,
        now_ms=START_MS,
        session_id=act.session,
        order_id=act.order,
        clock_ms=START_MS,
    )


async def found(url: str, ledger: Ledger) -> Findings:
    return await asyncio.to_thread(audit, url, ledger)


async def test_where_all_is_well_nothing_is_found(ledger: Ledger, real_redis_url: str) -> None:
    recorded = len(ledger.acknowledged)
    assert await found(real_redis_url, ledger) == Findings(recorded, 0, 0, 0, 0, 0)


def first_key(redis: Client, pattern: str) -> str:
    return str(min(redis.scan_iter(match=pattern)))


def lose_an_id(redis: Client) -> None:
    redis.hdel(IDS, FIRST)


def invent_an_id(redis: Client) -> None:
    redis.hset(IDS, f"{USER}-invented", "x")


def count_a_pair_again(redis: Client) -> None:
    redis.hincrby(first_key(redis, "*:pairs:view:*"), ">*", 12)


def forget_a_pair(redis: Client) -> None:
    redis.delete(first_key(redis, "*:pairs:purchase:*"))


def forget_an_act(redis: Client) -> None:
    redis.zremrangebyrank(KEYS.history(USER), 0, 0)


def count_an_act_again(redis: Client) -> None:
    redis.hincrby(KEYS.profile(USER), "n:view", 1)


def lose_a_session(redis: Client) -> None:
    redis.delete(first_key(redis, "*:session:*"))


def name_a_session_twice(redis: Client) -> None:
    key = first_key(redis, "*:sessions:*")
    redis.lpush(key, str(redis.lindex(key, 0)))


def go_back(redis: Client) -> None:
    redis.hincrby(KEYS.profile(USER), "rev", -1)


@pytest.mark.parametrize(
    ("harm", "figure"),
    [
        (lose_an_id, "lost"),
        (invent_an_id, "foreign"),
        (count_a_pair_again, "doubled"),
        (forget_a_pair, "partial"),
        (forget_an_act, "partial"),
        (count_an_act_again, "doubled"),
        (lose_a_session, "partial"),
        (name_a_session_twice, "doubled"),
        (go_back, "regressed"),
    ],
)
async def test_it_finds(
    harm: Callable[[Client], None], figure: str, ledger: Ledger, real_redis_url: str
) -> None:
    with Client.from_url(real_redis_url, decode_responses=True) as redis:
        await asyncio.to_thread(harm, redis)
    assert (await found(real_redis_url, ledger)).figures()[figure] > 0
