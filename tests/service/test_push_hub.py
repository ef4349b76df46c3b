"""Fresh lists on the screens of those who are connected, and no work for anybody else."""

import asyncio
import time
from collections.abc import AsyncIterator

import fakeredis
import pytest

from service.errors import Unavailable
from service.model import Item
from tests.clock import Clock
from tests.service.screens import Screens, item_ids, watching
from tests.service.shop import Shop, comes_true, open_shop

NEVER_S = 3_600.0


@pytest.fixture
async def shop(clock: Clock, server: fakeredis.FakeServer) -> AsyncIterator[Shop]:
    """A shop that pushes at once, and for others' acts only when told."""
    async with open_shop(
        clock, server, push_min_interval_ms=0, refresh_interval_s=NEVER_S
    ) as opened:
        await opened.crowd("abc")
        yield opened


@pytest.fixture
async def screens(shop: Shop) -> AsyncIterator[Screens]:
    async with watching(shop) as opened:
        yield opened


async def revision_of(shop: Shop, user: str) -> int:
    return (await shop.recommender.user(user)).revision


async def test_joining_gives_the_first_list(shop: Shop, screens: Screens) -> None:
    await shop.view("ann", "a")
    push = await shop.tandem.hub.join("ann", "socket")
    assert item_ids(push)[0] == "b"
    assert push.recommendations.revision == await revision_of(shop, "ann")
    assert (push.changed_by, push.recorded_at_ms) == (None, None)
    assert len(shop.tandem.hub) == 1


async def test_contributions_come_as_long_as_a_socket_wants_them(
    shop: Shop, screens: Screens
) -> None:
    hub, explained = shop.tandem.hub, []
    await shop.view("ann", "a")
    await hub.join("ann", "plain")
    await hub.join("ann", "curious", explain=True)
    for leaving in ("curious", "nobody"):
        recorded = (await shop.act("ann", "view", "c"))[0]
        push = await screens.until_revision("ann", recorded.revision)
        explained.append(bool(push.recommendations.items[0].contributions))
        await hub.leave("ann", leaving)
    assert explained == [True, False]


async def test_an_act_pushes_a_fresh_list_that_names_it(shop: Shop, screens: Screens) -> None:
    await shop.tandem.hub.join("ann", "socket")
    answer = (await shop.act("ann", "view", "a"))[0]
    user, push = await screens.next()
    assert user == "ann"
    assert item_ids(push)[0] == "b"
    assert push.recommendations.revision == answer.revision
    assert push.changed_by == {"event_id": answer.event_id, "type": "view", "item_id": "a"}
    assert push.recorded_at_ms == shop.clock.now_ms


async def test_what_a_list_will_rest_on_is_read_while_its_user_is(
    shop: Shop, screens: Screens, clock: Clock, server: fakeredis.FakeServer
) -> None:
    await shop.view("ann", "a")
    await shop.tandem.hub.join("ann", "socket")
    clock.advance(60_000)  # nothing that was read is young any more
    sent = shop.wire.trips

    async def three_are_under_way() -> bool:
        """Of the user, of the items' neighbours, of the sessions that held them."""
        return sent.count("EVALSHA") == 3

    async with open_shop(clock, server) as other, shop.wire.hold():
        sent.clear()
        await other.view("ann", "b")
        await comes_true(three_are_under_way)
    assert (await screens.next())[1].recommendations.recent == ("b", "a")


async def test_an_impression_pushes_nothing(shop: Shop, screens: Screens) -> None:
    await shop.tandem.hub.join("ann", "socket")
    await shop.act("ann", "impression", "a")
    await shop.view("ann", "b")
    _, push = await screens.next()
    assert push.changed_by is not None
    assert push.changed_by["item_id"] == "b"


async def test_an_act_at_another_worker_is_pushed_too(
    shop: Shop, screens: Screens, clock: Clock, server: fakeredis.FakeServer
) -> None:
    await shop.tandem.hub.join("ann", "socket")
    async with open_shop(clock, server) as other:
        await other.view("ann", "a")
    assert item_ids((await screens.next())[1])[0] == "b"


async def test_joining_subscribes_before_it_reads(shop: Shop, screens: Screens) -> None:
    assert await shop.redis.pubsub_numsub("tandem:{0}:push:ann") == [("tandem:{0}:push:ann", 0)]
    async with shop.wire.hold():
        joining = asyncio.create_task(shop.tandem.hub.join("ann", "socket"))
        await shop.wire.held.wait()
        assert await shop.redis.pubsub_numsub("tandem:{0}:push:ann") == [("tandem:{0}:push:ann", 1)]
    await joining


@pytest.mark.parametrize("turns", range(0, 40, 3))
async def test_a_change_during_a_join_is_not_missed(
    shop: Shop, screens: Screens, turns: int
) -> None:
    """Whenever in the course of the join it comes, some list with it is sent."""
    joining = asyncio.create_task(shop.tandem.hub.join("ann", "socket"))
    for _ in range(turns):
        await asyncio.sleep(0)
    recorded = (await shop.act("ann", "view", "a"))[0]
    first = await joining
    if first.recommendations.revision < recorded.revision:
        first = await screens.until_revision("ann", recorded.revision)
    assert item_ids(first)[0] == "b"


async def test_a_hundred_acts_in_one_interval_are_a_few_pushes(
    clock: Clock, server: fakeredis.FakeServer
) -> None:
    async with (
        open_shop(clock, server, push_min_interval_ms=500, refresh_interval_s=NEVER_S) as shop,
        watching(shop) as screens,
    ):
        await shop.tandem.hub.join("ann", "socket")
        began = time.perf_counter()
        for n in range(100):
            (answer,) = await shop.act("ann", "view", [f"i{n}"])
        last = answer.revision
        newest = await screens.until_revision("ann", last)
        assert newest.recommendations.revision == last
        assert len(screens.seen) <= 2 + (time.perf_counter() - began) / 0.5
        assert screens.queue.empty()


async def test_each_socket_of_a_user_shares_the_pushes(shop: Shop, screens: Screens) -> None:
    await shop.tandem.hub.join("ann", "phone")
    await shop.tandem.hub.join("ann", "laptop")
    assert len(shop.tandem.hub) == 1
    await shop.tandem.hub.leave("ann", "phone")
    await shop.view("ann", "a")
    assert (await screens.next())[0] == "ann"


async def test_after_the_last_socket_left_nothing_is_pushed(shop: Shop, screens: Screens) -> None:
    await shop.tandem.hub.join("ann", "socket")
    await shop.tandem.hub.join("bob", "socket")
    await shop.tandem.hub.leave("ann", "socket")
    assert len(shop.tandem.hub) == 1
    assert await shop.redis.pubsub_numsub("tandem:{0}:push:ann") == [("tandem:{0}:push:ann", 0)]
    await shop.view("ann", "a")
    await shop.view("bob", "a")
    assert (await screens.next())[0] == "bob"


async def test_leaving_without_having_joined_is_no_error(shop: Shop, screens: Screens) -> None:
    await shop.tandem.hub.leave("ann", "socket")
    assert len(shop.tandem.hub) == 0


async def test_who_comes_back_at_once_is_pushed_to(shop: Shop, screens: Screens) -> None:
    await shop.tandem.hub.join("ann", "1")
    for n in range(20):
        await asyncio.gather(
            shop.tandem.hub.leave("ann", str(n + 1)), shop.tandem.hub.join("ann", str(n + 2))
        )
    recorded = (await shop.act("ann", "view", "a"))[0]
    await screens.until_revision("ann", recorded.revision)


async def test_a_join_that_fails_leaves_nothing_behind(
    shop: Shop,
    screens: Screens,
    server: fakeredis.FakeServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("store.pushes.CONFIRM_TIMEOUT_S", 0.05)
    server.connected = False
    with pytest.raises(Unavailable):
        await shop.tandem.hub.join("ann", "socket")
    assert len(shop.tandem.hub) == 0
    server.connected = True


async def test_others_acts_are_pushed_by_the_refresh(
    clock: Clock, server: fakeredis.FakeServer
) -> None:
    async with (
        open_shop(clock, server, push_min_interval_ms=0, refresh_interval_s=0.01) as shop,
        watching(shop) as screens,
    ):
        await shop.crowd("ab")
        await shop.view("ann", "a")
        first = await shop.tandem.hub.join("ann", "socket")
        assert item_ids(first)[0] == "b"
        await shop.crowd("ac", 5, "others")
        clock.advance(2_000)
        _, push = await screens.next()
        assert item_ids(push)[0] == "c"
        assert push.changed_by is None
        assert push.recommendations.revision == first.recommendations.revision


async def test_a_refresh_that_changes_nothing_sends_nothing(
    clock: Clock, server: fakeredis.FakeServer
) -> None:
    async with (
        open_shop(clock, server, push_min_interval_ms=0, refresh_interval_s=0.01) as shop,
        watching(shop) as screens,
    ):
        await shop.crowd("ab")
        await shop.view("ann", "a")
        await shop.tandem.hub.join("ann", "socket")
        shop.wire.trips.clear()
        await comes_true(lambda: _refreshed(shop, 5))
        assert screens.queue.empty()


async def _refreshed(shop: Shop, times: int) -> bool:
    return shop.wire.trips.count("EVALSHA") >= times


async def test_a_rebuild_makes_every_list_anew(shop: Shop, screens: Screens) -> None:
    await shop.recommender.put_items([Item(item, title="Tent") for item in "ab"])
    await shop.tandem.hub.join("ann", "socket")
    await shop.tandem.hub.join("bob", "socket")
    await shop.tandem.jobs.start()
    assert {(await screens.next())[0], (await screens.next())[0]} == {"ann", "bob"}


async def test_a_hidden_item_leaves_the_screens_that_show_it(shop: Shop, screens: Screens) -> None:
    await shop.recommender.put_items([Item(item, title="Tent") for item in "ab"])
    first = await shop.tandem.hub.join("ann", "socket")
    shown = {item.item_id for item in first.recommendations.items}
    await shop.recommender.patch_item("a", {"hidden": True})
    user, push = await screens.next()
    assert user == "ann"
    assert "a" in shown
    assert {item.item_id for item in push.recommendations.items} == shown - {"a"}
