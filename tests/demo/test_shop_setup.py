"""Loading the shop: once, wholly, whatever interrupts it, and never into somebody's own data."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import fakeredis
import pytest

from demo.shop import setup
from demo.shop.history import past_events
from demo.shop.setup import BATCH, SEED, Loaded, set_up
from service.errors import TooOld, Unavailable
from service.model import EventAnswer, Item, NewEvent
from service.recording import PAIRS_PER_CALL, PURCHASE_PAIRS
from tests.clock import START_MS, Clock
from tests.demo.conftest import LoadedStore
from tests.demo.counted import counted
from tests.service.shop import Shop, comes_true, open_real_shop, open_shop

DAY_MS = 86_400_000
EVENTS = len(past_events(SEED, 0))


@pytest.fixture
async def empty_shop(clock: Clock) -> AsyncIterator[Shop]:
    async with open_shop(clock) as shop:
        yield shop


def test_it_says_how_much_it_loaded(loaded_store: LoadedStore) -> None:
    assert loaded_store.loaded == Loaded(120, EVENTS)


async def test_every_event_is_in_at_its_own_time(sample_shop: Shop) -> None:
    past: dict[str, list[tuple[str | None, int | None]]] = {}
    for event in past_events(SEED, START_MS):
        past.setdefault(event.user_id, []).append((event.event_id, event.timestamp_ms))
    for user, events in past.items():
        history = (await sample_shop.recommender.user(user)).history
        assert [(entry.event_id, entry.at_ms) for entry in reversed(history)] == events


async def test_a_second_set_up_adds_nothing(sample_shop: Shop, clock: Clock) -> None:
    before = counted(sample_shop.server)
    assert await set_up(sample_shop.tandem, clock) is None
    clock.advance(3 * DAY_MS)
    assert await set_up(sample_shop.tandem, clock) is None
    assert counted(sample_shop.server) == before


async def test_a_store_with_events_of_others_is_left_alone(empty_shop: Shop, clock: Clock) -> None:
    await empty_shop.view("ann", "a")
    assert await set_up(empty_shop.tandem, clock) is None
    assert await empty_shop.recommender.newest_items(10) == []


async def test_a_catalogue_of_others_is_no_reason_to_stay_out(
    empty_shop: Shop, clock: Clock
) -> None:
    await empty_shop.recommender.put_items([Item("a")])
    async with _under_way(empty_shop, clock):
        assert len(await empty_shop.recommender.newest_items(200)) == 121


async def test_one_that_was_killed_goes_on_the_next_day_as_if_nothing_had_been(
    empty_shop: Shop, clock: Clock, loaded_store: LoadedStore
) -> None:
    async with _under_way(empty_shop, clock):
        pass
    clock.advance(DAY_MS)
    assert await set_up(empty_shop.tandem, clock) == Loaded(120, EVENTS)
    assert counted(empty_shop.server) == loaded_store.counted


async def test_what_was_recorded_but_not_noted_is_not_counted_twice(
    clock: Clock, loaded_store: LoadedStore
) -> None:
    async with open_shop(clock, loaded_store.server) as shop:
        before = counted(shop.server)
        (note,) = [key async for key in shop.redis.scan_iter("tandem:job:import:*")]
        await shop.redis.hset(note, "rows_done", str(EVENTS - BATCH))
        assert await set_up(shop.tandem, clock) == Loaded(120, EVENTS)
        assert counted(shop.server) == before


async def test_one_that_was_killed_long_ago_is_begun_anew(empty_shop: Shop, clock: Clock) -> None:
    async with _under_way(empty_shop, clock):
        pass
    clock.advance(20 * DAY_MS)
    assert not await empty_shop.recommender.has_events()
    async with _under_way(empty_shop, clock):
        first = past_events(SEED, clock())[0]
        (*_, oldest) = (await empty_shop.recommender.user(first.user_id)).history
        assert oldest.at_ms == first.timestamp_ms


async def test_of_two_that_start_at_once_both_load_the_same_past(clock: Clock) -> None:
    server, late = fakeredis.FakeServer(), Clock(clock() + 1_000)
    async with open_shop(clock, server) as one, open_shop(late, server) as other:
        both = asyncio.gather(set_up(one.tandem, clock), set_up(other.tandem, late))
        await comes_true(lambda: _has_recorded(one))
        await comes_true(lambda: _has_recorded(other))
        await _kill(both)  # were their pasts not the same, the second would have met conflicts


async def test_an_event_that_is_not_taken_is_said(clock: Clock) -> None:
    async with open_shop(clock, event_ttl_s=5 * 86_400) as shop:
        with pytest.raises(TooOld):
            await set_up(shop.tandem, clock)


async def test_what_the_store_could_not_take_in_time_is_sent_again(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "PAUSE_S", 0.0)
    async with open_shop(clock) as shop:
        record, calls = shop.recommender.record, 0

        async def slow_at_first(
            events: Sequence[NewEvent], *, as_of_event: bool
        ) -> list[EventAnswer]:
            nonlocal calls
            calls += 1
            answers = await record(events, as_of_event=as_of_event)
            late = Unavailable("storage_timeout", "late", retry_after_s=1)
            return [replace(a, problem=late) for a in answers] if calls == 1 else answers

        monkeypatch.setattr(shop.recommender, "record", slow_at_first)
        assert await set_up(shop.tandem, clock) == Loaded(120, EVENTS)
        assert calls == 1 + -(-EVENTS // setup.BATCH)


@pytest.mark.real_redis
async def test_it_takes_seconds_on_a_real_redis(clock: Clock, real_redis_url: str) -> None:
    async with open_real_shop(clock, real_redis_url) as shop, asyncio.timeout(15):
        assert await set_up(shop.tandem, clock) == Loaded(120, EVENTS)


@asynccontextmanager
async def _under_way(shop: Shop, clock: Clock) -> AsyncIterator[None]:
    """A set-up of which the first events are in; it is killed at the end."""
    setting_up = asyncio.create_task(set_up(shop.tandem, clock))
    await comes_true(shop.recommender.has_events)
    try:
        yield
    finally:
        await _kill(setting_up)


async def _has_recorded(shop: Shop) -> bool:
    """Whether this worker has sent more than a batch: no other script is called in a set-up."""
    return shop.wire.trips.count("EVALSHA") > BATCH * PURCHASE_PAIRS / PAIRS_PER_CALL


async def _kill(running: asyncio.Future[Any]) -> None:
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
