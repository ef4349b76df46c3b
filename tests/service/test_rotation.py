"""Where it is asked for, what was shown and left alone rests for some days."""

from collections.abc import AsyncIterator

import pytest

from service.model import Item
from service.rules import Rule
from service.settings import DAY_S
from tests.clock import Clock
from tests.service.screens import Screens, item_ids, watching
from tests.service.shop import Shop, comes_true, open_shop

DAY_MS = DAY_S * 1_000
STEP_MS = 1_500
NEVER_S = 3_600.0
KEY = "tandem:{0}:served:ann"


@pytest.fixture
async def shop(clock: Clock) -> AsyncIterator[Shop]:
    """Whoever sees a goes on to b, c, d, e, f, g in this order; lists rest for two days."""
    async with open_shop(
        clock, rotate_days=2, push_min_interval_ms=0, refresh_interval_s=NEVER_S
    ) as opened:
        for number, item in enumerate("bcdefg"):
            await opened.crowd(["a", item], 9 - number, f"{item}-fan")
        await opened.view("ann", "a")
        yield opened


async def ids(shop: Shop, user: str = "ann", limit: int = 2) -> list[str]:
    """What the user is answered, after what was shown has been noted and caches have aged."""
    listed = [item.item_id for item in (await shop.ask(user, limit=limit)).items]
    await noted(shop, listed, user)
    shop.clock.advance(STEP_MS)
    return listed


async def noted(shop: Shop, listed: list[str], user: str = "ann") -> None:
    async def found() -> bool:
        newest = await shop.redis.lindex(f"tandem:{{0}}:served:{user}", 0)
        return newest is not None and str(newest).endswith("|" + " ".join(listed))

    await comes_true(found)


async def test_by_default_nothing_rests_and_nothing_is_noted(clock: Clock) -> None:
    async with open_shop(clock) as shop:
        await shop.crowd("abc")
        await shop.view("ann", "a")
        first = await shop.shown("ann")
        assert (await shop.ask("ann")).items
        assert await shop.shown("ann") == first
        assert await shop.redis.exists(KEY) == 0


async def test_what_was_shown_is_not_shown_again(shop: Shop) -> None:
    assert [await ids(shop), await ids(shop), await ids(shop)] == [
        list("bc"),
        list("de"),
        list("fg"),
    ]


async def test_after_the_days_it_may_be_shown_again(shop: Shop) -> None:
    assert await ids(shop) == ["b", "c"]
    shop.clock.advance(2 * DAY_MS - 2 * STEP_MS)
    assert await ids(shop) == ["d", "e"]
    shop.clock.advance(2 * STEP_MS)
    assert await ids(shop) == ["b", "c"]


async def test_what_was_acted_on_may_be_shown_again(shop: Shop) -> None:
    assert await ids(shop) == ["b", "c"]
    await shop.view("ann", "b")
    shop.clock.advance(STEP_MS)
    await shop.view("ann", "a")
    shop.clock.advance(STEP_MS)
    again = await ids(shop, limit=4)
    assert "b" in again
    assert "c" not in again


async def test_another_user_is_shown_it_all_the_same(shop: Shop) -> None:
    assert await ids(shop) == ["b", "c"]
    await shop.view("bob", "a")
    assert await ids(shop, "bob") == ["b", "c"]


async def test_when_everything_rests_the_list_is_not_empty(shop: Shop) -> None:
    everything = await ids(shop, limit=20)
    assert len(everything) >= 6
    assert await ids(shop, limit=20) == everything


async def test_pinned_items_do_not_rest(shop: Shop) -> None:
    await shop.tandem.rules.replace([Rule("pin", item="b", place=1)])
    assert await ids(shop) == ["b", "c"]
    assert await ids(shop) == ["b", "d"]


async def test_a_list_for_nobody_is_not_noted(shop: Shop) -> None:
    assert (await shop.ask(None, items=("a",))).items
    assert await shop.redis.keys("*served*") == []


async def test_no_more_than_twenty_lists_are_kept_and_they_end(shop: Shop) -> None:
    for _ in range(25):
        await ids(shop)
    assert await shop.redis.llen(KEY) == 20
    assert 0 < await shop.redis.pttl(KEY) <= 2 * DAY_MS


async def test_an_erased_user_leaves_no_list(shop: Shop) -> None:
    await ids(shop)
    await shop.recommender.erase("ann")
    assert await shop.redis.keys("*served*") == []


async def test_without_a_store_nothing_is_noted_and_nobody_minds(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    made = await shop.ask("ann")
    shop.server.connected = False
    shop.recommender.note_shown(made)

    async def said() -> bool:
        return "is not remembered" in caplog.text

    await comes_true(said)


@pytest.fixture
async def screens(shop: Shop) -> AsyncIterator[Screens]:
    async with watching(shop) as opened:
        yield opened


async def test_what_is_on_the_screen_may_stay_what_left_it_rests(
    shop: Shop, screens: Screens
) -> None:
    first = item_ids(await shop.tandem.hub.join("ann", "socket"))
    await noted(shop, first)
    shop.clock.advance(STEP_MS)
    await shop.view("ann", "g")
    _, push = await screens.next()
    assert set(item_ids(push)) - {"a", "g"} <= set(first)
    assert len(item_ids(push)) >= 5


async def test_a_push_of_the_same_items_is_not_noted_again(shop: Shop, screens: Screens) -> None:
    first = item_ids(await shop.tandem.hub.join("ann", "socket"))
    await noted(shop, first)
    await shop.act("ann", "dislike", "z")
    _, push = await screens.next()
    assert item_ids(push) == first
    assert await shop.redis.llen(KEY) == 1
    shop.clock.advance(STEP_MS)
    await shop.act("ann", "dislike", "b")
    _, push = await screens.next()
    await noted(shop, item_ids(push))
    assert await shop.redis.llen(KEY) == 2


async def test_a_list_that_joins_a_page_shows_what_the_page_shows(
    shop: Shop, screens: Screens
) -> None:
    await shop.recommender.put_items([Item("new")])
    listed = await ids(shop, limit=10)
    assert item_ids(await shop.tandem.hub.join("ann", "socket")) == listed
