"""A visitor logs in: lists and screens of either id are those of one user."""

from collections.abc import AsyncIterator

import fakeredis
import pytest

from service.errors import Conflict
from tests.clock import Clock
from tests.service.screens import Screens, item_ids, watching
from tests.service.shop import Shop, comes_true, open_shop

NEVER_S = 3_600.0


@pytest.fixture
async def shop(clock: Clock, server: fakeredis.FakeServer) -> AsyncIterator[Shop]:
    """Whoever sees a goes on to b, whoever sees x goes on to y. It pushes at once."""
    async with open_shop(
        clock, server, push_min_interval_ms=0, refresh_interval_s=NEVER_S, partitions=4
    ) as opened:
        await opened.crowd("ab")
        await opened.crowd("xy", name="others")
        yield opened


@pytest.fixture
async def screens(shop: Shop) -> AsyncIterator[Screens]:
    async with watching(shop) as opened:
        yield opened


async def test_lists_of_either_id_rest_on_both(shop: Shop) -> None:
    await shop.view("visitor", "a")
    await shop.view("ann", "x")
    assert await shop.tandem.users.merge("visitor", "ann") == "ann"
    for user in ("visitor", "ann"):
        made = await shop.ask(user)
        assert {i.item_id for i in made.items} >= {"b", "y"}
        assert (made.user_id, made.owner) == (user, "ann")


async def test_what_is_known_of_either_id_is_the_known_user(shop: Shop) -> None:
    await shop.view("visitor", "a")
    await shop.tandem.users.merge("visitor", "ann")
    await shop.recommender.set_attributes("visitor", {"plan": "gold"})
    user = await shop.recommender.user("visitor")
    assert (user.user_id, user.attributes) == ("ann", {"plan": "gold"})
    assert [entry.item_id for entry in user.history] == ["a"]


async def test_an_act_under_either_id_shows_in_the_next_list_of_both(shop: Shop) -> None:
    await shop.tandem.users.merge("visitor", "ann")
    before = [await shop.ask(user) for user in ("visitor", "ann")]
    await shop.view("visitor", "a")
    for user, old in zip(("visitor", "ann"), before, strict=True):
        made = await shop.ask(user)
        assert made.revision > old.revision
        assert made.items[0].item_id == "b"


async def test_screens_of_the_visitor_show_the_known_users_list_at_once(
    shop: Shop, screens: Screens
) -> None:
    await shop.view("ann", "x")
    shop.clock.advance(1_000)
    await shop.view("visitor", "a")
    first = await shop.tandem.hub.join("visitor", "socket")
    await shop.tandem.users.merge("visitor", "ann")
    user, push = await screens.next()
    assert user == push.recommendations.user_id == "visitor"
    assert {"b", "y"} <= {*item_ids(push)}
    assert push.recommendations.revision > first.recommendations.revision


@pytest.mark.parametrize("actor", ["visitor", "ann"])
async def test_screens_of_both_follow_the_acts_of_either(
    shop: Shop, screens: Screens, actor: str
) -> None:
    await shop.tandem.users.merge("visitor", "ann")
    for user in ("visitor", "ann"):
        await shop.tandem.hub.join(user, f"socket-of-{user}")
    (answer,) = await shop.act(actor, "view", "a")
    pushes = dict([await screens.next(), await screens.next()])
    assert set(pushes) == {"visitor", "ann"}
    for push in pushes.values():
        assert item_ids(push)[0] == "b"
        assert push.recommendations.revision == answer.revision


async def test_a_screen_of_an_alias_is_sent_no_list_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.comparing.COMPARE_INTERVAL_S", 0.01)
    await shop.tandem.users.merge("visitor", "ann")
    await shop.view("ann", "a")
    async with watching(shop) as screens:
        await shop.tandem.hub.join("visitor", "socket")
        shop.wire.trips.clear()
        await comes_true(lambda: _compared(shop, 3))
        assert screens.queue.empty()


async def _compared(shop: Shop, times: int) -> bool:
    """Each comparison asks for the alias, and then for the user behind it."""
    return shop.wire.trips.count("HMGET") >= 2 * times


async def test_who_cannot_be_merged_is_told_why(shop: Shop) -> None:
    await shop.tandem.users.merge("visitor", "ann")
    with pytest.raises(Conflict) as cycle:
        await shop.tandem.users.merge("ann", "visitor")
    with pytest.raises(Conflict) as elsewhere:
        await shop.tandem.users.merge("visitor", "bob")
    assert (cycle.value.code, elsewhere.value.code) == ("merge_cycle", "merged_elsewhere")


async def test_erasing_either_erases_both_and_screens_get_a_strangers_list(
    shop: Shop, screens: Screens
) -> None:
    await shop.view("visitor", "a")
    await shop.tandem.users.merge("visitor", "ann")
    await shop.view("ann", "x")
    for user in ("visitor", "ann"):
        await shop.tandem.hub.join(user, f"socket-of-{user}")
    receipt = await shop.recommender.erase("visitor")
    assert (receipt.user_id, receipt.merged, receipt.visits) == ("ann", ("visitor",), 2)
    pushes = dict([await screens.next(), await screens.next()])
    assert set(pushes) == {"visitor", "ann"}
    assert {push.recommendations.basis for push in pushes.values()} == {"trending"}
    assert [key for key in await shop.redis.keys("*") if "ann" in key or "visitor" in key] == []


async def test_other_workers_drop_what_they_remember_of_who_was_erased(
    clock: Clock, server: fakeredis.FakeServer, shop: Shop
) -> None:
    await shop.view("ann", "a")
    async with open_shop(clock, server, partitions=4) as other, watching(other):
        await comes_true(lambda: _heard(other))
        await other.ask("ann")
        assert other.recommender.statistics()["results_kept"] == 1
        await shop.recommender.erase("ann")

        async def dropped() -> bool:
            return other.recommender.statistics()["results_kept"] == 0

        await comes_true(dropped)


async def _heard(shop: Shop) -> bool:
    """Whether the worker has subscribed."""
    channels = await shop.redis.pubsub_numsub("tandem:changes")
    return int(channels[0][1]) > 0
