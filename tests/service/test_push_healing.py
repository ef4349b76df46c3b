"""What was lost on the way is made good: no screen stays stale."""

import asyncio
from pathlib import Path
from typing import Any

import fakeredis
import pytest

from service.model import Item
from store.pushes import Changed, MayHaveMissed, PushFeed, UserChanged
from tests.clock import Clock
from tests.redis_server import running_redis_server, start_redis_server
from tests.service.screens import item_ids, watching
from tests.service.shop import (
    Shop,
    Wire,
    act_unheard,
    comes_true,
    eventually,
    open_reader,
    open_real_shop,
    open_shop,
)

QUIET: dict[str, Any] = {"push_min_interval_ms": 0, "refresh_interval_s": 3_600.0}


async def kill_listeners(shop: Shop) -> int:
    return int(await shop.redis.client_kill_filter(_type="pubsub"))


async def listener_ids(shop: Shop) -> list[str]:
    """The connections that listen at the server now."""
    return [client["id"] for client in await shop.redis.client_list(_type="pubsub")]


async def test_comparing_revisions_finds_a_lost_message(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.comparing.COMPARE_INTERVAL_S", 0.02)
    async with open_shop(clock, **QUIET) as shop, watching(shop) as screens:
        await shop.view("ann", "a")
        await shop.tandem.hub.join("ann", "socket")
        await shop.tandem.hub.join("bob", "socket")
        lost = await act_unheard(shop, "ann")
        user, push = await screens.next()
        assert (user, push.recommendations.revision) == ("ann", lost)
        assert screens.queue.empty()


async def test_a_connected_user_who_was_erased_is_not_sent_a_list_again_and_again(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.comparing.COMPARE_INTERVAL_S", 0.01)
    async with open_shop(clock, **QUIET) as shop, watching(shop) as screens:
        await shop.crowd("ab")
        await shop.view("ann", "a")
        await shop.tandem.hub.join("ann", "socket")
        clock.advance(1)
        await shop.recommender.erase("ann")
        _, push = await screens.next()
        assert push.recommendations.revision == clock.now_ms  # screens drop what goes back
        for _ in range(2):  # at first the news and a comparison may both have found it
            pushed = screens.queue.qsize()
            shop.wire.trips.clear()
            await comes_true(lambda: _compared(shop, 3))
        assert screens.queue.qsize() == pushed <= 1


async def _compared(shop: Shop, times: int) -> bool:
    return shop.wire.trips.count("HMGET") >= times


@pytest.mark.parametrize("nonsense", ["what is this?", "a|b|c|d|e"])
async def test_a_message_that_makes_no_sense_does_not_end_the_pushes(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, nonsense: str
) -> None:
    monkeypatch.setattr("service.lasting.RESTART_PAUSE_S", 0.0)
    async with open_shop(clock, **QUIET) as shop, watching(shop) as screens:
        await shop.tandem.hub.join("ann", "socket")
        await shop.redis.publish("tandem:{0}:push:ann", nonsense)
        await shop.view("ann", "a")
        assert (await screens.next())[0] == "ann"


@pytest.mark.parametrize("round_", range(3))
async def test_after_the_subscriptions_were_killed_everything_is_fresh_again(
    clock: Clock, real_redis_url: str, round_: int
) -> None:
    async with open_real_shop(clock, real_redis_url, **QUIET) as shop, watching(shop) as screens:
        await shop.crowd("ab")
        users = [f"u{n}" for n in range(20)]
        for user in users:
            await shop.tandem.hub.join(user, "socket")
        assert await kill_listeners(shop) == 1
        for user in users:
            await shop.view(user, "a")
        for user in users:
            newest = (await shop.recommender.user(user)).revision
            if not any(p.recommendations.revision >= newest for p in screens.of(user)):
                push = await screens.until_revision(user, newest)
                assert item_ids(push)[0] == "b"
        await shop.view("u7", "b")
        await screens.until_revision("u7", (await shop.recommender.user("u7")).revision)


async def test_a_new_subscription_makes_good_what_was_missed_without_it(
    clock: Clock, real_redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.comparing.COMPARE_INTERVAL_S", 3_600.0)
    async with open_real_shop(clock, real_redis_url, **QUIET) as shop, watching(shop) as screens:
        await shop.view("ann", "a")
        await shop.tandem.hub.join("ann", "socket")
        lost = await act_unheard(shop, "ann")
        await kill_listeners(shop)
        assert (await screens.until_revision("ann", lost)).recommendations.revision == lost


async def test_joins_during_a_lost_connection_succeed(clock: Clock, real_redis_url: str) -> None:
    async with open_real_shop(clock, real_redis_url, **QUIET) as shop, watching(shop) as screens:
        await shop.tandem.hub.join("first", "socket")
        for attempt in range(5):
            users = [f"u{attempt}-{n}" for n in range(10)]
            joins = [asyncio.create_task(shop.tandem.hub.join(u, "socket")) for u in users[:5]]
            await kill_listeners(shop)
            joins += [asyncio.create_task(shop.tandem.hub.join(u, "socket")) for u in users[5:]]
            await asyncio.gather(*joins)
        await shop.view("u0-3", "a")
        await screens.until_revision("u0-3", (await shop.recommender.user("u0-3")).revision)


async def test_a_worker_hears_again_when_redis_is_back(clock: Clock, tmp_path: Path) -> None:
    with running_redis_server(tmp_path) as server:
        async with open_real_shop(clock, server.url, **QUIET) as shop, watching(shop) as screens:
            await shop.view("ann", "a")
            await shop.tandem.hub.join("ann", "socket")
            server.stop()
            again = start_redis_server(tmp_path, server.port)
            try:
                await shop.view("ann", "b")
                newest = (await shop.recommender.user("ann")).revision
                await screens.until_revision("ann", newest)
            finally:
                again.stop()


async def test_the_feed_says_what_changed_and_what_may_have_been_missed(clock: Clock) -> None:
    server = fakeredis.FakeServer()
    async with open_shop(clock, server) as shop, open_reader(clock, server, Wire()) as store:
        heard: asyncio.Queue[object] = asyncio.Queue()
        reading = asyncio.create_task(_read(store.feed, heard))
        assert await eventually(heard) == MayHaveMissed(None)
        await store.feed.subscribe("ann")
        assert await eventually(heard) == MayHaveMissed("ann")
        answer = (await shop.act("ann", "view", "a"))[0]
        assert await eventually(heard) == UserChanged(
            "ann",
            answer.revision,
            answer.event_id,
            "view",
            "a",
            recorded_at_ms=clock.now_ms,
            at_ms=clock.now_ms,
            session=f"#{clock.now_ms // 1000}",
        )
        await shop.tandem.jobs.start()
        assert await eventually(heard) == Changed("models", ())
        await store.feed.unsubscribe("ann")
        await shop.view("ann", "b")
        await shop.redis.publish("tandem:changes", "catalogue x y")
        assert await eventually(heard) == Changed("catalogue", ("x", "y"))
        reading.cancel()
        await asyncio.wait([reading])
        await store.feed.aclose()


async def test_a_confirmation_after_its_user_has_left_is_no_news(clock: Clock) -> None:
    server = fakeredis.FakeServer()
    async with open_shop(clock, server) as shop, open_reader(clock, server, Wire()) as store:
        news = store.feed.messages()
        assert await anext(news) == MayHaveMissed(None)
        joining = asyncio.create_task(store.feed.subscribe("ann"))
        await comes_true(lambda: _listens_for(shop, "ann"))
        await store.feed.unsubscribe("ann")
        joining.cancel()
        await shop.redis.publish("tandem:changes", "catalogue x")
        assert await anext(news) == Changed("catalogue", ("x",))
        await store.feed.aclose()


async def _listens_for(shop: Shop, user: str) -> bool:
    rows = await shop.redis.pubsub_numsub(f"tandem:{{0}}:push:{user}")
    return int(rows[0][1]) > 0


async def _read(feed: PushFeed, heard: "asyncio.Queue[object]") -> None:
    async for message in feed.messages():
        heard.put_nowait(message)


async def test_a_silent_line_that_answers_is_kept(
    clock: Clock, real_redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Long enough for an answer on a busy machine.
    monkeypatch.setattr("store.pushes.SILENCE_S", 0.2)
    async with open_real_shop(clock, real_redis_url, **QUIET) as shop, watching(shop):
        await shop.tandem.hub.join("ann", "socket")
        before = await listener_ids(shop)
        await shop.redis.config_resetstat()
        await comes_true(lambda: _pinged(shop, 3))
        assert await listener_ids(shop) == before


async def _pinged(shop: Shop, times: int) -> bool:
    statistics = await shop.redis.info("commandstats")
    return int(statistics.get("cmdstat_ping", {"calls": 0})["calls"]) >= times


async def test_a_line_that_does_not_answer_is_given_up(
    clock: Clock, real_redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.pushes.SILENCE_S", 0.02)
    monkeypatch.setattr("store.pushes.CONNECT_TIMEOUT_S", 0.1)
    async with open_real_shop(clock, real_redis_url, **QUIET) as shop, watching(shop) as screens:
        await shop.tandem.hub.join("ann", "socket")
        before = await listener_ids(shop)
        await shop.redis.client_pause(300)
        await comes_true(lambda: _listens_anew(shop, before))
        recorded = (await shop.act("ann", "view", "a"))[0]
        await screens.until_revision("ann", recorded.revision)


async def _listens_anew(shop: Shop, before: list[str]) -> bool:
    now = await listener_ids(shop)
    return bool(now) and not set(now) & set(before)


async def test_a_second_tab_heals_the_first_one(clock: Clock) -> None:
    async with open_shop(clock, **QUIET) as shop, watching(shop) as screens:
        await shop.view("ann", "a")
        await shop.tandem.hub.join("ann", "first tab")
        lost = await act_unheard(shop, "ann")
        await shop.tandem.hub.join("ann", "second tab")
        user, push = await screens.next()
        assert (user, push.recommendations.revision) == ("ann", lost)


async def test_a_refresh_passes_on_a_revision_whose_message_was_lost(clock: Clock) -> None:
    quick: dict[str, Any] = {**QUIET, "refresh_interval_s": 0.01}
    async with open_shop(clock, **quick) as shop, watching(shop) as screens:
        await shop.view("ann", "a")
        await shop.tandem.hub.join("ann", "socket")
        lost = await act_unheard(shop, "ann")
        _, push = await screens.next()
        assert push.recommendations.revision == lost


async def test_a_change_for_more_users_than_connections_reaches_all(
    clock: Clock, real_redis_url: str
) -> None:
    async with open_real_shop(clock, real_redis_url, **QUIET) as shop, watching(shop) as screens:
        await shop.recommender.put_items([Item("tent", title="Tent")])
        users = [f"u{n}" for n in range(300)]
        for user in users:
            await shop.tandem.hub.join(user, "socket")
        await shop.recommender.patch_item("tent", {"hidden": True})
        pushed = {(await screens.next())[0] for _ in users}
        assert pushed == set(users)
