"""States that are carried on by what Redis tells are those that would be read."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import fakeredis
import pytest

from service import kept_states
from service.kept_states import KEPT_MS, KeptStates
from service.model import NewEvent, Query
from store.pushes import Changed, MayHaveMissed, Message, UserChanged
from store.users import Act, UserState, UserStore
from tests.clock import START_MS, Clock
from tests.service.screens import watching
from tests.service.shop import Wire, act_unheard, eventually, open_reader, open_shop

LIMIT = 12
KINDS = ("view", "view", "add_to_cart", "purchase", "impression")
QUIET: dict[str, Any] = {"push_min_interval_ms": 0, "refresh_interval_s": 3_600.0}


def told(revision: int, **changes: Any) -> UserChanged:
    fields = {"user": "ann", "item": "a", "at_ms": START_MS, "session": "s", **changes}
    return UserChanged(
        revision=revision, event_id=f"e{revision}", type="view", recorded_at_ms=START_MS, **fields
    )


def state(revision: int, *acts: Act) -> UserState:
    return UserState("ann", revision, "s", acts, {}, {}, None)


@asynccontextmanager
async def heard_of(
    server: fakeredis.FakeServer, clock: Clock
) -> AsyncIterator[asyncio.Queue[UserChanged]]:
    """What workers are told of ann's acts, in order."""
    messages: asyncio.Queue[UserChanged] = asyncio.Queue()
    async with open_reader(clock, server, Wire()) as store:

        async def listen() -> None:
            async for message in store.feed.messages():
                if isinstance(message, UserChanged):
                    messages.put_nowait(message)

        listening = asyncio.create_task(listen())
        await store.feed.subscribe("ann")
        yield messages
        listening.cancel()
        await asyncio.wait([listening])
        await store.feed.aclose()


def drawn(rng: random.Random, clock: Clock, number: int) -> NewEvent:
    """Some acts come late, some of them of one moment, some name their session."""
    late_ms = rng.choice((0, 0, 0, 7, 4_000_000))
    session = rng.choice((None, None, "x", "y"))
    return NewEvent(
        "ann",
        rng.choice("abcdef"),
        rng.choice(KINDS),
        event_id=f"{rng.randrange(1_000):03}-{number}",
        timestamp_ms=clock.now_ms - late_ms,
        session_id=session,
    )


@pytest.mark.parametrize("seed", range(8))
async def test_what_is_carried_on_is_what_would_be_read(seed: int, clock: Clock) -> None:
    rng, server = random.Random(seed), fakeredis.FakeServer()
    async with (
        open_shop(clock, server, history_limit=LIMIT) as shop,
        heard_of(server, clock) as messages,
    ):
        people = shop.tandem.recommender._parts.people
        await shop.view("ann", "a")
        await eventually(messages)
        await people.lately("ann", 0)
        for number in range(2 * LIMIT):
            event = drawn(rng, clock, number)
            await shop.recommender.record([event])
            if event.type == "impression":  # no list depends on it, and nobody is told
                await people.lately("ann", 0)
                continue
            message = await eventually(messages)
            people.kept.carry(message)
            assert people.kept.get("ann", message.revision) == await people.load("ann")
            clock.advance(rng.choice((0, 1, 700)))
            if not number % 5:
                await people.lately("ann", 0)


async def test_who_goes_on_acting_is_not_read_for_each_push(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []
    load = UserStore.load

    async def counted(self: UserStore, users: Sequence[str], *rest: int) -> list[UserState]:
        reads.extend(users)
        return await load(self, users, *rest)

    monkeypatch.setattr(UserStore, "load", counted)
    async with open_shop(clock, **QUIET) as shop, watching(shop) as screens:
        await shop.crowd("abcd")
        await shop.tandem.hub.join("ann", "socket")
        for item in "abc":
            await shop.view("ann", item)
            _, push = await screens.next()
            assert push.recommendations.recent[0] == item
        # At first nobody knows the revision from which to go on.
        assert reads == ["ann", "ann"]
        clock.advance(KEPT_MS)
        await shop.view("ann", "d")
        _, push = await screens.next()
        assert push.recommendations.recent == ("d", "c", "b", "a")
        assert reads == ["ann"] * 3


async def test_a_push_that_is_due_to_more_than_was_told_reads_its_user(clock: Clock) -> None:
    async with open_shop(clock, **QUIET) as shop, watching(shop) as screens:
        await shop.view("ann", "a")
        await shop.tandem.hub.join("ann", "socket")
        async with shop.wire.hold():
            await act_unheard(shop, "ann")
            watch = shop.tandem.hub._watches["ann"]
            before = watch.revision
            shop.tandem.hub._hear(told(before))
            shop.tandem.hub._doubt(watch)
        push = await screens.until_revision("ann", before + 1)
        assert push.recommendations.revision == before + 1


async def test_a_state_read_before_its_user_was_erased_is_not_kept(clock: Clock) -> None:
    async with open_shop(clock) as shop:
        people = shop.tandem.recommender._parts.people
        await shop.view("ann", "a")
        async with shop.wire.hold():
            reading = asyncio.create_task(people.lately("ann", 0))
            await shop.wire.held.wait()
            shop.tandem.recommender.users_changed("erased", ["ann"])
        assert (await reading).revision > 0
        assert people.kept.get("ann", 1) is None


@pytest.mark.parametrize(
    "news", [Changed("erased", ("ann",)), Changed("merged", ("ann", "bob")), MayHaveMissed(None)]
)
async def test_who_was_erased_or_merged_is_dropped_and_everybody_after_a_gap(
    news: Message, clock: Clock
) -> None:
    async with open_shop(clock, **QUIET) as shop, watching(shop):
        await shop.view("ann", "a")
        kept, hub = shop.tandem.recommender._parts.people.kept, shop.tandem.hub
        await hub.join("ann", "socket")
        await hub.leave("ann", "socket")
        assert kept.get("ann", 1) is not None
        hub._hear(news)
        assert kept.get("ann", 1) is None


async def test_a_list_that_is_no_push_keeps_no_state(clock: Clock) -> None:
    async with open_shop(clock) as shop:
        await shop.view("ann", "a")
        await shop.recommender.recommend(Query("ann"), fresh=True)
        assert shop.tandem.recommender._parts.people.kept.get("ann", 1) is None


@pytest.mark.parametrize("revision", [5, 8])
def test_a_state_from_before_other_acts_serves_nobody(revision: int) -> None:
    kept = KeptStates(LIMIT, Clock())
    kept.keep("ann", state(revision), kept.forgets)
    kept.carry(told(7))
    found = kept.get("ann", 7)
    assert (found and found.revision) == (8 if revision == 8 else None)


def test_it_is_read_again_after_a_while_however_it_was_carried_on(clock: Clock) -> None:
    kept = KeptStates(LIMIT, clock)
    kept.keep("ann", state(1), kept.forgets)
    clock.advance(KEPT_MS - 1)
    kept.carry(told(2))
    assert kept.get("ann", 2) is not None
    clock.advance(1)
    assert kept.get("ann", 2) is None


def test_what_was_erased_or_missed_is_not_kept(clock: Clock) -> None:
    kept = KeptStates(LIMIT, clock)
    kept.keep("ann", state(1), kept.forgets)
    kept.forget(["ann", "bob"])
    assert kept.get("ann", 1) is None
    kept.keep("ann", state(1), kept.forgets)
    kept.forget_all()
    assert kept.get("ann", 1) is None


def test_so_many_acts_are_kept_and_nothing_old(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_states, "MOST_ACTS", 5)
    kept, act = KeptStates(LIMIT, clock), Act("e", "view", "a", START_MS)
    kept.keep("ann", state(1, act), kept.forgets)
    kept.keep("bob", state(1, act), kept.forgets)
    assert kept.get("ann", 1) == kept.get("bob", 1) == state(1, act)
    kept.keep("cid", state(1, act), kept.forgets)
    assert (kept.get("ann", 1), kept.get("bob", 1)) == (None, state(1, act))
    clock.advance(KEPT_MS)
    kept.keep("dan", state(1, act), kept.forgets)
    assert list(kept._kept) == ["dan"]
