"""While Redis is away: lists from memory that say so, events refused in time, all well again afterwards."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from service.errors import NotFound, Unavailable
from service.model import Filters, Item, NewEvent, Query
from tests.clock import Clock
from tests.service.shop import Shop, comes_true, open_shop


@contextmanager
def away(shop: Shop) -> Iterator[None]:
    """Meanwhile every connection to Redis is refused."""
    shop.server.connected = False
    try:
        yield
    finally:
        shop.server.connected = True


@asynccontextmanager
async def prepared(shop: Shop) -> AsyncIterator[None]:
    """While entered, what was popular is known."""
    async with shop.recommender.ready_for_outages():
        await comes_true(lambda: _knows_popular(shop))
        yield


async def _knows_popular(shop: Shop) -> bool:
    return shop.recommender.statistics()["standby_popular_items"] > 0


@pytest.fixture
async def busy(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    """A shop in which `a` is viewed with `b` and `c`; `boat` is popular, of another category."""
    monkeypatch.setattr("store.breaker.OPEN_S", 0.0)
    monkeypatch.setattr("service.standby.POPULAR_AGE_S", 0.01)
    async with open_shop(clock, result_cache=False) as shop:
        camping = [Item(each, category=("Camping",), price=10.0) for each in "abc"]
        await shop.recommender.put_items([*camping, Item("boat", category=("Boats",), price=900.0)])
        await shop.crowd("abc", 3)
        await shop.crowd(["boat"], 9, "sailors")
        yield shop


async def test_a_stale_list_has_no_reasons_for_who_wants_none(busy: Shop) -> None:
    await busy.view("ann", "a")
    await busy.ask("ann")
    with away(busy):
        made, told = await busy.ask("ann", reasons=False), await busy.ask("ann")
    assert made.items
    assert not any(item.reason.code for item in made.items)
    assert all(item.reason.code for item in told.items)


async def test_a_user_sees_their_last_list_and_is_told_that_it_is_stale(busy: Shop) -> None:
    await busy.view("ann", "a")
    before = await busy.ask("ann")
    with away(busy):
        made = await busy.ask("ann")
    assert [item.item_id for item in made.items] == [item.item_id for item in before.items]
    assert (before.stale, made.stale, made.basis) == (False, True, "personal")
    assert (made.revision, made.computed_at_ms) == (before.revision, before.computed_at_ms)


async def test_who_was_never_seen_here_sees_what_was_popular(busy: Shop) -> None:
    async with prepared(busy):
        with away(busy):
            made = await busy.ask("stranger", limit=2)
            assert (made.stale, made.basis, made.revision) == (True, "trending", 0)
            assert made.items[0].item_id == "boat"
            assert len(made.items) == 2


async def test_nobody_sees_the_list_of_another(busy: Shop) -> None:
    await busy.view("ann", "a")
    await busy.ask("ann")
    with away(busy):
        assert (await busy.ask("bob")).items == ()


async def test_filters_hold_for_lists_from_memory_too(busy: Shop) -> None:
    await busy.view("ann", "a")
    await busy.ask("ann")
    async with prepared(busy):
        with away(busy):
            dear = await busy.ask("ann", filters=Filters(price_min=100.0))
            without = await busy.ask("ann", filters=Filters(exclude=frozenset("b")))
            shelf = await busy.recommender.trending_shelf(9, "Camping", "view")
    assert [item.item_id for item in dear.items] == ["boat"]
    assert "b" not in [item.item_id for item in without.items]
    assert {item.item_id for item in shelf.items} == set("abc")


async def test_an_item_that_was_hidden_is_not_shown_from_memory(busy: Shop) -> None:
    await busy.view("ann", "a")
    await busy.ask("ann")
    async with prepared(busy):
        busy.recommender.catalogue_changed(["b", "boat"])
        with away(busy):
            shown = {item.item_id for item in (await busy.ask("ann")).items}
    assert shown == {"c"} | (shown & {"a"})


async def test_an_erased_user_leaves_no_list_in_memory(busy: Shop) -> None:
    await busy.view("ann", "a")
    await busy.ask("ann")
    await busy.recommender.erase("ann")
    with away(busy):
        assert (await busy.ask("ann")).items == ()


async def test_a_list_that_was_being_made_at_an_erasure_is_not_kept(busy: Shop) -> None:
    await busy.view("ann", "a")
    async with busy.wire.hold():
        making = asyncio.create_task(busy.ask("ann"))
        await busy.wire.held.wait()
        busy.recommender.users_changed("erased", ["ann"])
    assert (await making).items != ()
    with away(busy):
        assert (await busy.ask("ann")).items == ()


async def test_an_unknown_strategy_is_said_to_be_one_as_always(busy: Shop) -> None:
    with away(busy), pytest.raises(NotFound):
        await busy.ask("ann", strategy="none")


async def test_pushes_wait_for_a_list_that_is_current(busy: Shop) -> None:
    with away(busy), pytest.raises(Unavailable):
        await busy.recommender.recommend(Query("ann"), fresh=True)


async def test_events_are_refused_and_recorded_once_when_sent_again(busy: Shop) -> None:
    event = NewEvent("ann", "a", "view", event_id="e-1")
    with away(busy):
        (refused,) = await busy.recommender.record([event])
    (again,) = await busy.recommender.record([event])
    assert refused.problem is not None
    assert (refused.problem.code, refused.problem.status) == ("storage_unavailable", 503)
    assert refused.problem.retry_after_s == 1
    assert (again.problem, again.duplicate) == (None, False)


async def test_a_silent_redis_holds_nobody_for_long(
    busy: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.availability.REQUEST_S", 0.05)
    await busy.view("ann", "a")
    await busy.ask("ann")
    async with busy.wire.hold():
        began = time.monotonic()
        made, (refused,) = await asyncio.gather(
            busy.ask("ann"),
            busy.recommender.record([NewEvent("bob", "a", "view", event_id="e-1")]),
        )
        assert time.monotonic() - began < 1.0
    assert made.stale
    assert refused.problem is not None
    assert refused.problem.code == "storage_timeout"
    (again,) = await busy.recommender.record([NewEvent("bob", "a", "view", event_id="e-1")])
    assert again.problem is None


async def test_all_is_current_again_when_redis_is_back(busy: Shop) -> None:
    await busy.view("ann", "a")
    with away(busy):
        for _ in range(10):
            await busy.ask("ann")
    made = await busy.ask("ann")
    assert (made.stale, made.basis) == (False, "personal")
