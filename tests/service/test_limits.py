"""What limited senders are told, and what the catalogue lets in."""

import fakeredis
import pytest

from service.errors import InvalidInput, LimitExceeded, Unavailable
from service.model import EventAnswer, Item, NewEvent
from service.senders import Sender
from tests.clock import Clock
from tests.service.shop import Shop, open_shop

HERE = Sender("aaaaaaaa", "192.0.2.1")
THERE = Sender("aaaaaaaa", "192.0.2.2")


async def sent(shop: Shop, item: str, user: str = "ann", sender: Sender | None = HERE) -> str:
    """The code of what a view is answered; "" when it is taken."""
    answer = await view(shop, item, user, sender)
    return answer.problem.code if answer.problem else ""


async def view(shop: Shop, item: str, user: str, sender: Sender | None) -> EventAnswer:
    (answer,) = await shop.recommender.record([NewEvent(user, item, "view")], sender=sender)
    return answer


async def test_a_user_has_so_many_events_a_minute(clock: Clock) -> None:
    async with open_shop(clock, events_per_user_per_minute=2) as shop:
        assert [await sent(shop, item) for item in "abc"] == ["", "", "rate_limited"]
        clock.advance(60_000)
        assert await sent(shop, "c") == ""


async def test_the_wait_is_what_is_left_of_the_minute(clock: Clock) -> None:
    clock.advance(-clock.now_ms % 60_000)
    async with open_shop(clock, events_per_user_per_minute=1) as shop:
        await sent(shop, "a")
        waits = []
        for _ in range(3):
            problem = (await view(shop, "b", "ann", HERE)).problem
            assert isinstance(problem, LimitExceeded)
            waits.append(problem.retry_after_s)
            clock.advance(29_999)
        assert waits == [60, 31, 1]


async def test_who_is_not_limited_may_send_more(clock: Clock) -> None:
    async with open_shop(clock, events_per_user_per_minute=1) as shop:
        assert [await sent(shop, item, sender=None) for item in "abc"] == [""] * 3


async def test_made_up_users_are_too_many(clock: Clock) -> None:
    async with open_shop(clock, new_users_per_key_per_minute=20) as shop:
        found = [await sent(shop, "a", f"u{n}") for n in range(3)]
        assert found == ["", "", "too_many_new_ids"]
        assert await sent(shop, "a", "u2", THERE) == ""


async def test_items_of_the_catalogue_are_not_made_up(clock: Clock) -> None:
    async with open_shop(clock, new_items_per_key_per_minute=10) as shop:
        await shop.recommender.put_items([Item(name) for name in "abcd"])
        assert [await sent(shop, item) for item in "abcd"] == [""] * 4
        assert [await sent(shop, item) for item in "xy"] == ["", "too_many_new_ids"]


async def test_known_items_are_not_asked_for_again_within_half_a_minute(shop: Shop) -> None:
    await shop.recommender.put_items([Item("a")])
    await shop.recommender.settled()
    await sent(shop, "a")
    shop.wire.trips.clear()
    await sent(shop, "a")
    assert shop.wire.trips == ["EVALSHA"]
    shop.clock.advance(30_000)
    await sent(shop, "a")
    assert shop.wire.trips == ["EVALSHA", "ZMSCORE", "EVALSHA"]


async def test_who_is_not_limited_pays_no_question_to_the_catalogue(shop: Shop) -> None:
    shop.wire.trips.clear()
    await sent(shop, "a", sender=None)
    assert shop.wire.trips == ["EVALSHA"]


@pytest.mark.parametrize("sender", [None, HERE], ids=["free", "limited"])
async def test_only_items_of_the_catalogue_may_be_asked_for(
    clock: Clock, sender: Sender | None
) -> None:
    async with open_shop(clock, catalogue_only=True) as shop:
        await shop.recommender.put_items([Item("a"), Item("gone")])
        await shop.recommender.settled()
        await shop.recommender.delete_item("gone")
        events = [NewEvent("ann", item, "view") for item in ("a", "x", "gone")]
        known, unknown, gone = await shop.recommender.record(events, sender=sender)
        assert known.problem is None
        assert isinstance(unknown.problem, InvalidInput)
        assert (unknown.problem.code, unknown.problem.field) == ("unknown_item", "item_id")
        assert isinstance(gone.problem, InvalidInput)
        await shop.recommender.put_items([Item("x")])
        assert await sent(shop, "x", sender=sender) == ""


async def test_a_catalogue_that_does_not_answer_is_no_empty_one(clock: Clock) -> None:
    server = fakeredis.FakeServer()
    async with open_shop(clock, server, catalogue_only=True) as shop:
        server.connected = False
        with pytest.raises(Unavailable):
            await view(shop, "a", "ann", None)
        server.connected = True
