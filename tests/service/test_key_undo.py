"""Taking back what the users of a key did."""

import fakeredis
import pytest

from service import key_undo
from service.errors import Unavailable
from service.key_undo import KeyUse
from service.model import NewEvent
from service.senders import Sender, key_id
from tests.clock import Clock
from tests.service.shop import Shop, open_shop

WRITE, ADMIN = "write-key-0123456789", "admin-key-0123456789"
KEY = key_id(WRITE.encode())
GOOD, BAD = Sender(KEY, "192.0.2.1"), Sender("badbad00", "198.51.100.7")


async def act(shop: Shop, users: str, sender: Sender | None) -> None:
    """Each user, named by one letter, views two items and buys one."""
    for user in users:
        kinds = (("tent", "view"), ("lamp", "view"), ("lamp", "purchase"))
        events = [NewEvent(user, item, kind) for item, kind in kinds]
        answers = await shop.recommender.record(events, sender=sender)
        assert [answer.problem for answer in answers] == [None] * 3


async def counts(shop: Shop) -> dict[str, object]:
    names = await shop.redis.keys("*:pairs:*") + await shop.redis.keys("*:totals:*")
    return {str(name): await shop.redis.hgetall(name) for name in names}


@pytest.mark.parametrize("partitions", [1, 3])
async def test_what_a_keys_users_did_is_taken_back_and_nothing_else(
    clock: Clock, partitions: int
) -> None:
    async with open_shop(clock, partitions=partitions) as shop:
        await act(shop, "abc", GOOD)
        await act(shop, "d", None)
        before = await counts(shop)
        await act(shop, "vwxyz", BAD)
        undone = await shop.tandem.key_undo.undo("badbad00")
        assert (undone.users, undone.visits, undone.left) == (5, 10, 0)
        assert await counts(shop) == before
        assert (await shop.tandem.key_undo.undo("badbad00")).users == 0


async def test_it_goes_on_where_it_was(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_undo, "USERS_AT_ONCE", 2)
    await act(shop, "vwxyz", BAD)
    steps = [await shop.tandem.key_undo.undo("badbad00") for _ in range(4)]
    assert [(step.users, step.left) for step in steps] == [(2, 3), (2, 1), (1, 0), (0, 0)]
    assert await counts(shop) == {}


async def test_a_step_ends_in_time(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_undo, "STEP_S", 0.0)
    await act(shop, "vwx", BAD)
    steps = [await shop.tandem.key_undo.undo("badbad00") for _ in range(3)]
    assert [(step.users, step.left) for step in steps] == [(1, 2), (1, 1), (1, 0)]


async def test_only_those_may_go_who_came_since_a_time(shop: Shop) -> None:
    await act(shop, "ab", BAD)
    shop.clock.advance(1_000)
    since_ms = shop.clock.now_ms
    await act(shop, "ax", BAD)
    assert (await shop.tandem.key_undo.undo("badbad00", since_ms)).users == 1
    assert (await shop.recommender.user("a")).totals == {"view": 4, "purchase": 2}


async def test_keys_are_listed_with_the_users_they_brought(clock: Clock) -> None:
    async with open_shop(clock, write_keys=(WRITE,), admin_keys=(ADMIN,)) as shop:
        await act(shop, "abc", GOOD)
        await act(shop, "cx", BAD)
        assert await shop.tandem.key_undo.keys() == [
            KeyUse(KEY, "write", 3),
            KeyUse(key_id(ADMIN.encode()), "admin", 0),
            KeyUse("badbad00", "", 1),
        ]


async def test_a_store_that_is_away_can_be_asked_again(clock: Clock) -> None:
    server = fakeredis.FakeServer()
    async with open_shop(clock, server) as shop:
        await act(shop, "x", BAD)
        server.connected = False
        with pytest.raises(Unavailable):
            await shop.tandem.key_undo.undo("badbad00")
        server.connected = True
        assert (await shop.tandem.key_undo.undo("badbad00")).users == 1
