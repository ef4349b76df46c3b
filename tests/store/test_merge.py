"""Two ids of one person become one user: nothing is lost, nothing is counted twice, and counts stay."""

from collections.abc import Mapping
from typing import cast

import pytest
from redis.asyncio import Redis as AsyncRedis

from store.events import Event, Outcome, Recorded
from store.keys import Keys
from store.merging import ALIASES_LIMIT, MergeOutcome
from store.recording import EventStore, Limits
from store.script import load_scripts
from tests.clock import START_MS
from tests.store.twins import TYPES

# Users of different partitions.
KEYS = Keys("t:", 4)
VISITOR, KNOWN = "visitor", "known"
COUNTS = (":pairs:", ":totals:", ":popular:", ":sessions:", ":session:", ":basket:", ":visits:")


def act(user: str, item: str, number: int = 1, kind: str = "view") -> Event:
    return Event(user, item, kind, f"e{number}", "sent", START_MS + number, START_MS + number)


@pytest.fixture
async def store(redis_client: AsyncRedis) -> EventStore:
    return await open_store(redis_client)


async def open_store(redis: AsyncRedis, keys: Keys = KEYS) -> EventStore:
    return EventStore(redis, keys, Limits(), TYPES, await load_scripts(redis))


async def come(store: EventStore) -> None:
    """Both look at things before they turn out to be one."""
    for number, item in enumerate("abc", 1):
        await store.record([act(VISITOR, item, number)])
    await store.record([act(VISITOR, "c", 4, "purchase")])
    await store.record([act(KNOWN, "x", 5)])


async def merged(store: EventStore, source: str = VISITOR, target: str = KNOWN) -> MergeOutcome:
    outcome, _ = await store.merge(source, target, START_MS + 100)
    return outcome


async def record(store: EventStore, event: Event) -> Recorded:
    (answer,) = await store.record([event])
    return answer


async def held(redis: AsyncRedis, key: str) -> dict[str, str]:
    return cast("dict[str, str]", await redis.hgetall(key))


def test_the_two_lie_in_different_partitions() -> None:
    assert KEYS.partition(VISITOR) != KEYS.partition(KNOWN)


async def test_the_history_is_the_known_users(store: EventStore, redis_client: AsyncRedis) -> None:
    await come(store)
    assert await merged(store) is MergeOutcome.MERGED
    acts = await redis_client.zrange(KEYS.history(KNOWN), 0, -1)
    assert acts == ["e1|view|a", "e2|view|b", "e3|view|c", "e4|purchase|c", "e5|view|x"]
    assert not await redis_client.exists(KEYS.history(VISITOR))


async def test_totals_add_up_and_the_revision_passes_both(
    store: EventStore, redis_client: AsyncRedis
) -> None:
    await come(store)
    before = [int((await held(redis_client, KEYS.profile(u)))["rev"]) for u in (VISITOR, KNOWN)]
    await merged(store)
    profile = await held(redis_client, KEYS.profile(KNOWN))
    assert (profile["n:view"], profile["n:purchase"]) == ("4", "1")
    assert int(profile["rev"]) == max(before) + 1
    assert profile["last"] == str(START_MS + 5)


async def test_attributes_of_the_known_user_win(
    store: EventStore, redis_client: AsyncRedis
) -> None:
    await redis_client.hset(KEYS.profile(VISITOR), mapping={"a:town": "Ulm", "a:plan": "none"})
    await redis_client.hset(KEYS.profile(KNOWN), mapping={"a:plan": "gold"})
    await merged(store)
    profile = await held(redis_client, KEYS.profile(KNOWN))
    assert (profile["a:town"], profile["a:plan"]) == ("Ulm", "gold")


async def test_what_was_counted_stays_as_it_is(store: EventStore, redis_client: AsyncRedis) -> None:
    await come(store)
    before = await counts(redis_client)
    await merged(store)
    assert await counts(redis_client) == before


async def counts(redis: AsyncRedis) -> Mapping[str, object]:
    found = await everything(redis)
    return {key: value for key, value in found.items() if any(part in key for part in COUNTS)}


@pytest.mark.parametrize("user", [VISITOR, KNOWN])
async def test_an_event_that_is_repeated_under_either_id_is_a_duplicate(
    store: EventStore, user: str
) -> None:
    await come(store)
    await merged(store)
    for number, item in enumerate("abc", 1):
        assert (await record(store, act(user, item, number))).outcome is Outcome.DUPLICATE


async def test_an_event_of_the_visitor_is_the_known_users(
    store: EventStore, redis_client: AsyncRedis
) -> None:
    await come(store)
    await merged(store)
    answer = await record(store, act(VISITOR, "d", 9))
    profile = await held(redis_client, KEYS.profile(KNOWN))
    assert (answer.outcome, str(answer.revision)) == (Outcome.NEW, profile["rev"])
    assert await redis_client.zscore(KEYS.history(KNOWN), "e9|view|d") == START_MS + 9
    assert profile["n:view"] == "5"


async def test_the_events_of_a_call_keep_their_order(redis_client: AsyncRedis) -> None:
    one = await open_store(redis_client, Keys("t:", 1))
    await one.merge(VISITOR, KNOWN, START_MS)
    answers = await one.record([act(VISITOR, "d", 11), act("ann", "a", 12), act(VISITOR, "d", 11)])
    assert [a.outcome for a in answers] == [Outcome.NEW, Outcome.NEW, Outcome.DUPLICATE]


async def test_merging_again_changes_nothing(store: EventStore, redis_client: AsyncRedis) -> None:
    await come(store)
    await merged(store)
    await record(store, act(VISITOR, "d", 9))
    before = await everything(redis_client)
    assert await merged(store) is MergeOutcome.MERGED
    assert await everything(redis_client) == before


async def everything(redis: AsyncRedis) -> Mapping[str, object]:
    names = cast("list[str]", await redis.keys("*"))
    return {key: await _value(redis, key, str(await redis.type(key))) for key in sorted(names)}


async def _value(redis: AsyncRedis, key: str, kind: str) -> object:
    if kind == "hash":
        return await held(redis, key)
    if kind == "zset":
        return await redis.zrange(key, 0, -1, withscores=True)
    if kind == "list":
        return await redis.lrange(key, 0, -1)
    return await redis.get(key)


async def test_a_user_cannot_be_merged_in_a_circle(store: EventStore) -> None:
    assert await merged(store, KNOWN, KNOWN) is MergeOutcome.CYCLE
    await merged(store)
    assert await merged(store, KNOWN, VISITOR) is MergeOutcome.CYCLE


async def test_who_belongs_to_somebody_is_not_given_to_another(
    store: EventStore, redis_client: AsyncRedis
) -> None:
    await come(store)
    await merged(store)
    assert await merged(store, VISITOR, "other") is MergeOutcome.ELSEWHERE
    assert not await redis_client.exists(KEYS.profile("other"), KEYS.aliases("other"))


async def test_an_alias_stands_for_the_user_behind_it(store: EventStore) -> None:
    await merged(store)
    assert await store.merge("phone", VISITOR, START_MS) == (MergeOutcome.MERGED, KNOWN)


async def test_chains_are_taken_apart(store: EventStore, redis_client: AsyncRedis) -> None:
    await come(store)
    await merged(store)
    await merged(store, KNOWN, "account")
    aliases = {
        user: await redis_client.hget(KEYS.profile(user), "alias") for user in (VISITOR, KNOWN)
    }
    assert aliases == {VISITOR: "account", KNOWN: "account"}
    assert set(await held(redis_client, KEYS.aliases("account"))) == {VISITOR, KNOWN}
    assert not await redis_client.exists(KEYS.aliases(KNOWN))
    assert (await record(store, act(VISITOR, "a", 1))).outcome is Outcome.DUPLICATE


async def test_so_many_ids_of_one_user_and_no_more(
    store: EventStore, redis_client: AsyncRedis
) -> None:
    for number in range(ALIASES_LIMIT):
        assert await merged(store, f"v{number}") is MergeOutcome.MERGED
    assert await merged(store, "one-more") is MergeOutcome.FULL
    assert await merged(store, "v0") is MergeOutcome.MERGED
    assert await redis_client.hget(KEYS.profile("one-more"), "alias") is None


async def test_nobody_is_merged_while_being_erased(
    store: EventStore, redis_client: AsyncRedis
) -> None:
    await come(store)
    await redis_client.hset(KEYS.profile(KNOWN), "erasing", START_MS + 1_000)
    assert await merged(store) is MergeOutcome.ERASING
    await redis_client.hdel(KEYS.profile(KNOWN), "erasing")
    await redis_client.hset(KEYS.profile(VISITOR), "erasing", START_MS + 1_000)
    assert await merged(store) is MergeOutcome.ERASING
    assert (await record(store, act(KNOWN, "y", 20))).outcome is Outcome.NEW


async def test_what_one_id_does_is_published_for_the_other(
    store: EventStore, redis_client: AsyncRedis
) -> None:
    await merged(store)
    async with redis_client.pubsub() as heard:
        await heard.subscribe(KEYS.push(VISITOR), KEYS.push(KNOWN))
        await record(store, act(VISITOR, "a", 1))
        found = [await heard.get_message(timeout=1.0) for _ in range(4)]
    said = {m["channel"] for m in found if m and m["type"] == "message"}
    assert said == {KEYS.push(VISITOR), KEYS.push(KNOWN)}
