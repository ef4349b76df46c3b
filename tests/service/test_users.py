"""What is known of a user, and forgetting it."""

from collections.abc import Mapping
from typing import Any

import fakeredis
import pytest

from service.errors import NotFound
from service.model import HistoryEntry
from tests.clock import Clock
from tests.service.shop import Shop, open_shop


async def test_a_user_is_what_they_did(shop: Shop) -> None:
    (viewed,) = await shop.act("ann", "view", "a")
    shop.clock.advance(1_000)
    (bought,) = await shop.act("ann", "purchase", "b")
    await shop.act("ann", "impression", "c")
    user = await shop.recommender.user("ann")
    assert user.history == (
        HistoryEntry(bought.event_id, "purchase", "b", shop.clock.now_ms),
        HistoryEntry(viewed.event_id, "view", "a", shop.clock.now_ms - 1_000),
    )
    assert user.totals == {"view": 1, "purchase": 1, "impression": 1}
    assert (user.revision, user.last_event_ms) == (bought.revision, shop.clock.now_ms)
    assert user.attributes == {}


async def test_nobody_is_known_before_their_first_act(shop: Shop) -> None:
    with pytest.raises(NotFound):
        await shop.recommender.user("ann")


async def test_attributes_replace_each_other_and_leave_the_rest_alone(shop: Shop) -> None:
    await shop.view("ann", "a")
    before = await shop.recommender.user("ann")
    await shop.recommender.set_attributes("ann", {"country": "SE", "plan": "gold"})
    await shop.recommender.set_attributes("ann", {"country": "NO"})
    user = await shop.recommender.user("ann")
    assert user.attributes == {"country": "NO"}
    assert (user.revision, user.totals) == (before.revision, before.totals)
    await shop.recommender.set_attributes("ann", {})
    assert (await shop.recommender.user("ann")).attributes == {}


async def test_a_user_may_have_attributes_before_the_first_act(shop: Shop) -> None:
    await shop.recommender.set_attributes("ann", {"country": "SE"})
    assert (await shop.recommender.user("ann")).history == ()
    made = await shop.ask("ann")
    assert made.revision == 0


async def test_what_is_older_than_events_live_is_not_shown(shop: Shop) -> None:
    await shop.view("ann", "a")
    shop.clock.advance(14 * 86_400_000 + 1)
    assert (await shop.recommender.user("ann")).history == ()


async def test_erasing_takes_the_users_share_of_the_counts_back(shop: Shop) -> None:
    await shop.view("bob", "ab")
    without_ann = await _keys_and_counts(shop)
    await shop.view("ann", "abc")
    await shop.buy("ann", "cd")
    erased = await shop.recommender.erase("ann")
    assert erased.visits == 2
    assert await _keys_and_counts(shop) == without_ann


async def _keys_and_counts(shop: Shop) -> Mapping[Any, object]:
    pairs = await shop.redis.keys("tandem:{0}:pairs:*")
    users = await shop.redis.keys("*ann*")
    return {key: await shop.redis.hgetall(key) for key in pairs} | {key: {} for key in users}


async def test_erasing_nobody_is_no_error(shop: Shop) -> None:
    erased = await shop.recommender.erase("nobody")
    assert (erased.visits, erased.user_id) == (0, "nobody")


async def test_readiness_tells_whether_redis_answers(clock: Clock) -> None:
    server = fakeredis.FakeServer()
    async with open_shop(clock, server) as shop:
        assert await shop.recommender.ready() == {"redis": True}
        server.connected = False
        assert await shop.recommender.ready() == {"redis": False}
        server.connected = True


async def test_there_are_events_from_the_first_act_on_until_the_last_one_expires(
    shop: Shop,
) -> None:
    await shop.recommender.set_attributes("ann", {"country": "SE"})
    assert not await shop.recommender.has_events()
    await shop.view("ann", "a")
    assert await shop.recommender.has_events()
    shop.clock.advance(14 * 86_400_000 + 1)
    assert not await shop.recommender.has_events()
