"""Events in: group commit, one answer for each event, and what keeps an event out."""

import asyncio

import fakeredis
import pytest

from service.errors import (
    Busy,
    Conflict,
    InvalidInput,
    LimitExceeded,
    Refused,
    TooNew,
    TooOld,
    Unavailable,
)
from service.model import EventAnswer, NewEvent
from service.recording import fingerprint
from tests.clock import Clock
from tests.service.shop import Shop, comes_true, open_shop

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


async def one(shop: Shop, event: NewEvent, *, as_of_event: bool = False) -> EventAnswer:
    return (await shop.recommender.record([event], as_of_event=as_of_event))[0]


async def in_flight(shop: Shop, event: NewEvent) -> "asyncio.Task[EventAnswer]":
    """Sends an event over a line that is held, so that others must wait."""
    shop.wire.trips.clear()
    task = asyncio.create_task(one(shop, event))
    await shop.wire.held.wait()
    return task


async def test_an_event_gets_an_id_and_the_users_new_revision(shop: Shop) -> None:
    first = await one(shop, NewEvent("ann", "tent", "view"))
    second = await one(shop, NewEvent("ann", "stove", "view"))
    assert (first.duplicate, first.problem, first.revision) == (False, None, shop.clock.now_ms)
    assert second.revision == first.revision + 1
    assert first.event_id
    assert first.event_id != second.event_id


async def test_acts_of_one_millisecond_keep_their_order(shop: Shop) -> None:
    items = [f"i{n}" for n in range(20)]
    await shop.view("ann", items[:10])
    for item in items[10:]:
        await shop.view("ann", [item])
    history = (await shop.recommender.user("ann")).history
    assert [act.item_id for act in history] == items[::-1]


async def test_newcomers_during_a_call_go_together_in_the_next(shop: Shop) -> None:
    async with shop.wire.hold():
        first = await in_flight(shop, NewEvent("u", "a", "view"))
        others = [asyncio.create_task(one(shop, NewEvent(f"u{n}", "a", "view"))) for n in range(30)]
        await asyncio.sleep(0)
        assert len(shop.wire.trips) == 1
    answers = await asyncio.gather(first, *others)
    assert len(shop.wire.trips) == 2
    assert all(a.problem is None and not a.duplicate for a in answers)


async def test_a_cancelled_caller_does_not_cancel_its_event(shop: Shop) -> None:
    async with shop.wire.hold():
        first = await in_flight(shop, NewEvent("u", "a", "view"))
        impatient = asyncio.create_task(one(shop, NewEvent("ann", "tent", "view")))
        patient = asyncio.create_task(one(shop, NewEvent("bob", "tent", "view")))
        await asyncio.sleep(0)
        impatient.cancel()
        first.cancel()
        await asyncio.sleep(0)
    assert (await patient).problem is None
    assert (await shop.recommender.user("ann")).history[0].item_id == "tent"
    assert (await shop.recommender.user("u")).history[0].item_id == "a"


async def test_no_call_carries_more_than_64_events(shop: Shop) -> None:
    shop.wire.trips.clear()
    await shop.recommender.record([NewEvent(f"u{n}", "a", "view") for n in range(4 * 62)])
    assert len(shop.wire.trips) == 4


async def test_no_call_counts_more_than_500_pairs(shop: Shop) -> None:
    shop.wire.trips.clear()
    await shop.recommender.record([NewEvent(f"u{n}", "a", "purchase") for n in range(16)])
    assert len(shop.wire.trips) == 2


async def test_partitions_are_written_apart(clock: Clock) -> None:
    async with open_shop(clock, partitions=4) as shop:
        shop.wire.trips.clear()
        await shop.recommender.record([NewEvent(f"u{n}", "a", "view") for n in range(40)])
        assert len(shop.wire.trips) == 4
        assert len(await shop.redis.keys("tandem:{3}:profile:*")) > 0


async def test_an_event_sent_twice_is_a_duplicate(shop: Shop) -> None:
    event = NewEvent("ann", "tent", "view", event_id="e1")
    first, again = await one(shop, event), await one(shop, event)
    assert (again.duplicate, again.problem, again.revision) == (True, None, first.revision)


async def test_an_event_id_with_other_content_is_a_conflict(shop: Shop) -> None:
    await one(shop, NewEvent("ann", "tent", "view", event_id="e1"))
    answer = await one(shop, NewEvent("ann", "stove", "view", event_id="e1"))
    assert isinstance(answer.problem, Conflict)
    assert answer.problem.code == "event_id_reused"


async def test_each_answer_has_a_problem_of_its_own(shop: Shop) -> None:
    """Errors carry their traceback: a shared one would grow with each time it is raised."""
    await one(shop, NewEvent("ann", "tent", "view", event_id="e1"))
    bad = NewEvent("ann", "stove", "view", event_id="e1")
    first, second = await one(shop, bad), await one(shop, bad)
    assert first.problem is not second.problem


@pytest.mark.parametrize(
    "changed",
    [
        {"item_id": "b"},
        {"type": "purchase"},
        {"timestamp_ms": 5},
        {"session_id": "s"},
        {"order_id": "o"},
        {"value": 1.0},
        {"quantity": 2},
        {"currency": "EUR"},
        {"recommendation_id": "r1"},
        {"properties": {"colour": "red"}},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_all_that_a_client_sends_is_in_the_fingerprint(changed: dict[str, object]) -> None:
    sent: dict[str, object] = {"user_id": "ann", "item_id": "a", "type": "view"}
    assert fingerprint(NewEvent(**sent)) != fingerprint(NewEvent(**sent | changed))  # type: ignore[arg-type]


def test_the_order_of_properties_is_not_in_the_fingerprint() -> None:
    one, other = {"a": 1, "b": 2}, {"b": 2, "a": 1}
    assert fingerprint(NewEvent("u", "i", "view", properties=one)) == fingerprint(
        NewEvent("u", "i", "view", properties=other)
    )


async def test_a_repeat_without_a_time_is_a_duplicate_whenever_it_comes(shop: Shop) -> None:
    event = NewEvent("ann", "tent", "view", event_id="e1")
    await one(shop, event)
    shop.clock.advance(HOUR_MS)
    assert (await one(shop, event)).duplicate


async def test_one_bad_event_does_not_fail_its_neighbours(shop: Shop) -> None:
    await shop.redis.set("tandem:{0}:history:bad", "not a history")
    events = [NewEvent(user, "tent", "view") for user in ("ann", "bad", "bob")]
    ann, bad, bob = await shop.recommender.record(events)
    assert isinstance(bad.problem, Refused)
    assert (ann.problem, bob.problem) == (None, None)


async def test_an_event_that_breaks_its_call_is_resent_without_it(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    unspeakable = "\ud800"  # half a character cannot be sent to Redis
    events = [
        NewEvent("ann", "tent", "view"),
        NewEvent("ann", "tent", "view", event_id=unspeakable),
        NewEvent("bob", "tent", "view"),
    ]
    ann, bad, bob = await shop.recommender.record(events)
    assert isinstance(bad.problem, Refused)
    assert (ann.problem, bob.problem, ann.duplicate) == (None, None, False)
    assert "an event could not be recorded" in caplog.text


async def test_an_unknown_type_is_refused_before_anything_is_sent(shop: Shop) -> None:
    shop.wire.trips.clear()
    answer = await one(shop, NewEvent("ann", "tent", "glance", event_id="e1"))
    assert isinstance(answer.problem, InvalidInput)
    assert answer.problem.field == "type"
    assert answer.event_id == "e1"
    assert len(shop.wire.trips) == 0


@pytest.mark.parametrize(
    ("sent", "meant"),
    [("View", "view"), ("addToCart", "add_to_cart"), ("purchased", "purchase"), ("levitate", None)],
)
async def test_of_an_unknown_type_the_nearest_known_one_is_named(
    shop: Shop, sent: str, meant: str | None
) -> None:
    answer = await one(shop, NewEvent("ann", "tent", sent))
    assert isinstance(answer.problem, InvalidInput)
    hint, known, _ = answer.problem.detail.partition("Known types: ")
    assert known
    assert hint == (f"Did you mean {meant}? " if meant else "")


@pytest.mark.parametrize("value", [2**64, "half a character: \ud800"], ids=["large", "half"])
async def test_a_value_that_is_no_json_fails_its_event_alone(shop: Shop, value: int | str) -> None:
    bad = NewEvent("ann", "tent", "view", properties={"odd": value})
    answers = await shop.recommender.record([bad, NewEvent("bob", "tent", "view")])
    assert isinstance(answers[0].problem, InvalidInput)
    assert answers[0].problem.field == "properties"
    assert answers[1].problem is None


@pytest.mark.parametrize(
    ("ago_ms", "problem"),
    [(DAY_MS, None), (DAY_MS + 1, TooOld), (-300_000, None), (-300_001, TooNew)],
)
async def test_an_event_may_be_a_day_old_and_five_minutes_ahead(
    shop: Shop, ago_ms: int, problem: type[InvalidInput] | None
) -> None:
    event = NewEvent("ann", "tent", "view", timestamp_ms=shop.clock.now_ms - ago_ms)
    found = (await one(shop, event)).problem
    assert type(found) is (problem or type(None))


async def test_an_import_may_go_back_as_far_as_events_live(shop: Shop) -> None:
    ttl_ms = 14 * DAY_MS
    allowed = NewEvent("ann", "tent", "view", timestamp_ms=shop.clock.now_ms - ttl_ms)
    too_old = NewEvent("ann", "tent", "view", timestamp_ms=shop.clock.now_ms - ttl_ms - 1)
    assert (await one(shop, allowed, as_of_event=True)).problem is None
    assert isinstance((await one(shop, too_old, as_of_event=True)).problem, TooOld)


async def test_as_of_event_counts_an_old_event_like_a_live_one(shop: Shop) -> None:
    old_ms = shop.clock.now_ms - 5 * HOUR_MS
    await one(shop, NewEvent("ann", "tent", "view", timestamp_ms=old_ms), as_of_event=True)
    await one(shop, NewEvent("bob", "stove", "view", timestamp_ms=old_ms))
    assert len(await shop.redis.keys("tandem:{0}:sessions:*:tent")) == 1
    assert await shop.redis.keys("tandem:{0}:sessions:*:stove") == []
    assert (await shop.recommender.user("bob")).history[0].at_ms == old_ms


async def test_a_user_has_a_daily_number_of_events(clock: Clock) -> None:
    async with open_shop(clock, max_events_per_user_per_day=10) as shop:
        await shop.act("ann", "view", [f"i{n}" for n in range(10)])
        answer = await one(shop, NewEvent("ann", "tent", "view"))
        assert isinstance(answer.problem, LimitExceeded)
        clock.advance(DAY_MS)
        assert (await one(shop, NewEvent("ann", "tent", "view"))).problem is None


async def test_events_of_a_user_who_is_being_erased_are_put_off(shop: Shop) -> None:
    await shop.redis.hset("tandem:{0}:profile:ann", "erasing", str(shop.clock.now_ms + 1))
    answer = await one(shop, NewEvent("ann", "tent", "view"))
    assert isinstance(answer.problem, Busy)
    assert answer.problem.retry_after_s == 60


async def test_an_unavailable_store_gives_each_event_a_problem(clock: Clock) -> None:
    server = fakeredis.FakeServer()
    async with open_shop(clock, server) as shop:
        server.connected = False
        events = [NewEvent("ann", "tent", "view", event_id=f"e{n}") for n in range(3)]
        answers = await shop.recommender.record(events)
        assert [a.event_id for a in answers] == ["e0", "e1", "e2"]
        for answer in answers:
            assert isinstance(answer.problem, Unavailable)
            assert answer.problem.code == "storage_unavailable"
            assert answer.problem.retry_after_s
        server.connected = True
        again = await shop.recommender.record(events)
        assert [(a.problem, a.duplicate) for a in again] == [(None, False)] * 3


async def test_erasing_says_when_the_store_cannot_answer(clock: Clock) -> None:
    server = fakeredis.FakeServer()
    async with open_shop(clock, server) as shop:
        await shop.view("ann", "abc")
        server.connected = False
        with pytest.raises(Unavailable):
            await shop.recommender.erase("ann")
        server.connected = True
        erased = await shop.recommender.erase("ann")
        assert (erased.user_id, erased.visits) == ("ann", 1)


async def test_a_revision_does_not_go_back_when_an_erased_user_is_imported(shop: Shop) -> None:
    (before,) = await shop.recommender.record([NewEvent("ann", "a", "view")])
    await shop.recommender.erase("ann")
    shop.clock.advance(1)
    old = NewEvent("ann", "a", "view", timestamp_ms=shop.clock.now_ms - 3_600_000)
    (after,) = await shop.recommender.record([old], as_of_event=True)
    assert after.revision > before.revision


async def test_what_redis_has_lost_is_written_again_without_a_new_event(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.recording.CHECK_PERIOD_S", 0.01)
    monkeypatch.setattr("store.lane.QUIET_S", 0.0)
    await shop.view("ann", "ab")

    async def is_back() -> bool:
        return bool(await shop.redis.zcard("tandem:{0}:history:ann") == 2)

    async with shop.tandem.recorder.kept_checked():
        for _ in range(2):
            await shop.redis.flushall()
            await comes_true(is_back)
    assert shop.tandem.recommender.statistics()["events_written_again"] == 4
