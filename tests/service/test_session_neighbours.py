"""What sessions like one's own went on to."""

import asyncio
from collections.abc import AsyncIterator

import fakeredis
import pytest

from scoring.session_knn import VstanSettings
from service.freshness import Freshness
from service.numbering import ItemNumbers
from service.session_neighbours import (
    OPEN_SESSION_AGE_MS,
    QUIET_SESSION_AGE_MS,
    SessionNeighbours,
)
from store.opening import Store
from store.recording import Limits
from tests.clock import Clock
from tests.service.shop import GAP_MS, Shop, Wire, comes_true, open_reader


class Bench:
    def __init__(self, store: Store, clock: Clock, wire: Wire, least_age_ms: int = 1_000) -> None:
        self.wire = wire
        self.numbers = ItemNumbers()
        freshness = Freshness(clock, least_age_ms, capacity=3)
        self.sessions = SessionNeighbours(
            store.items, self.numbers, freshness, Limits(), VstanSettings()
        )

    async def scores(self, touched: str, own: str = "") -> dict[str, float]:
        """What neighbours of a session with these touches held, without the touches themselves."""
        ids, scores = await self.sessions.candidates(tuple(touched), own)
        found = zip(ids.tolist(), scores.tolist(), strict=True)
        named = {self.numbers.item(number): score for number, score in found}
        return {item: score for item, score in named.items() if item not in touched}

    async def reads(self, touched: str) -> list[str]:
        """The round trips that it takes now."""
        self.wire.trips.clear()
        await self.scores(touched)
        return self.wire.trips


@pytest.fixture
async def bench(clock: Clock, server: fakeredis.FakeServer, shop: Shop) -> AsyncIterator[Bench]:
    wire = Wire()
    async with open_reader(clock, server, wire) as store:
        yield Bench(store, clock, wire)


PATIENT_MS = 4 * OPEN_SESSION_AGE_MS


@pytest.fixture
async def patient(clock: Clock, server: fakeredis.FakeServer, shop: Shop) -> AsyncIterator[Bench]:
    """One whose lists are kept longer."""
    wire = Wire()
    async with open_reader(clock, server, wire) as store:
        yield Bench(store, clock, wire, least_age_ms=PATIENT_MS)


async def own_session(shop: Shop, user: str) -> str:
    name = await shop.redis.hget(f"tandem:{{0}}:profile:{user}", "session")
    return f"{user}:{name!s}"


async def test_sessions_that_share_more_count_more(shop: Shop, bench: Bench) -> None:
    await shop.view("like", "abc")
    await shop.view("half", "bd")
    found = await bench.scores("ab")
    assert found["c"] > found["d"] > 0


async def test_the_own_session_is_not_its_neighbour(shop: Shop, bench: Bench) -> None:
    await shop.view("ann", "abc")
    own = await own_session(shop, "ann")
    assert await bench.scores("a") != {}
    assert await bench.scores("a", own) == {}


async def test_an_earlier_session_of_the_same_user_is_a_neighbour(
    shop: Shop, bench: Bench, clock: Clock
) -> None:
    await shop.view("ann", "abc")
    clock.advance(GAP_MS + 1)
    await shop.view("ann", "a")
    assert set(await bench.scores("a", await own_session(shop, "ann"))) == {"b", "c"}


async def test_nobody_with_the_same_items_is_no_neighbour(shop: Shop, bench: Bench) -> None:
    await shop.view("ann", "abc")
    assert await bench.scores("xyz") == {}


async def test_a_finished_session_is_read_once(shop: Shop, bench: Bench, clock: Clock) -> None:
    await shop.view("ann", "abc")
    clock.advance(GAP_MS + 1)
    assert await bench.reads("a") == ["EVALSHA", "MGET"]
    clock.advance(60_000)
    assert await bench.reads("a") == ["EVALSHA"]


async def test_an_open_session_is_read_again(shop: Shop, bench: Bench, clock: Clock) -> None:
    await shop.view("ann", "ab")
    assert set(await bench.scores("a")) == {"b"}
    await shop.view("ann", "c")
    clock.advance(OPEN_SESSION_AGE_MS - 1)
    assert set(await bench.scores("a")) == {"b"}
    clock.advance(1)
    assert set(await bench.scores("a")) == {"b", "c"}


@pytest.mark.parametrize(("quiet_ms", "age_ms"), [(7_000, 7_000), (600_000, QUIET_SESSION_AGE_MS)])
async def test_a_session_in_which_nothing_happens_is_read_again_later(
    shop: Shop, bench: Bench, clock: Clock, quiet_ms: int, age_ms: int
) -> None:
    await shop.view("ann", "ab")
    clock.advance(quiet_ms)
    assert set(await bench.scores("a")) == {"b"}
    await shop.view("ann", "c")
    clock.advance(age_ms - 1)
    assert set(await bench.scores("a")) == {"b"}
    clock.advance(1)
    assert set(await bench.scores("a")) == {"b", "c"}


async def test_lists_that_are_kept_longer_keep_open_sessions_as_long(
    shop: Shop, patient: Bench, clock: Clock
) -> None:
    await shop.view("ann", "ab")
    await patient.scores("a")
    clock.advance(int(0.8 * PATIENT_MS))
    assert await patient.reads("a") == []
    clock.advance(PATIENT_MS - int(0.8 * PATIENT_MS))
    renewed_and_read = ["EVALSHA", "MGET"]  # the posting, and the session
    assert await patient.reads("a") == renewed_and_read


async def test_what_soon_is_too_old_is_read_again_and_nobody_waits(
    shop: Shop, patient: Bench, clock: Clock
) -> None:
    await shop.view("ann", "ab")
    await patient.scores("a")
    await shop.view("ann", "c")
    await shop.view("bob", "ad")
    clock.advance(PATIENT_MS - 1)
    async with patient.wire.hold():
        assert set(await patient.scores("a")) == {"b"}
        await patient.wire.held.wait()

    async def all_is_read() -> bool:
        reads = (patient.sessions._posting_reads, patient.sessions._session_reads)
        return not any(read._expected for read in reads)

    await comes_true(all_is_read)
    clock.advance(1)
    assert set(await patient.scores("a")) == {"b", "c", "d"}


async def test_warm_postings_and_sessions_cost_no_round_trip(shop: Shop, bench: Bench) -> None:
    await shop.crowd("abc", 5)
    await bench.scores("ab")
    assert await bench.reads("ab") == []


async def test_a_new_session_is_found_when_the_posting_is_read_again(
    shop: Shop, bench: Bench, clock: Clock
) -> None:
    await shop.view("ann", "ab")
    assert set(await bench.scores("a")) == {"b"}
    await shop.view("bob", "ac")
    assert set(await bench.scores("a")) == {"b"}
    clock.advance(1_100)
    assert set(await bench.scores("a")) == {"b", "c"}


async def test_an_erased_session_votes_no_more(shop: Shop, bench: Bench, clock: Clock) -> None:
    await shop.view("ann", "ab")
    await shop.view("bob", "ac")
    assert set(await bench.scores("a")) == {"b", "c"}
    await shop.recommender.erase("bob")
    clock.advance(OPEN_SESSION_AGE_MS)
    assert set(await bench.scores("a")) == {"b"}


async def test_of_an_item_before_the_last_a_new_session_is_found_later(
    shop: Shop, bench: Bench, clock: Clock
) -> None:
    await shop.view("ann", "abx")
    await bench.scores("ab")
    await shop.view("bob", "ac")
    await shop.view("cid", "bd")
    clock.advance(1_100)
    assert set(await bench.scores("ab")) == {"x", "d"}
    clock.advance(700)
    assert set(await bench.scores("ab")) == {"x", "d", "c"}


async def test_postings_are_bounded(shop: Shop, bench: Bench) -> None:
    await shop.crowd("abcde")
    await bench.scores("abcd")
    assert await bench.reads("abc") == []
    assert await bench.reads("d") == ["EVALSHA"]


async def test_twenty_readers_at_once_share_their_reads(shop: Shop, bench: Bench) -> None:
    await shop.crowd("abc", 5)
    bench.wire.trips.clear()
    found = await asyncio.gather(*(bench.scores("ab") for _ in range(20)))
    assert all(scores == found[0] != {} for scores in found)
    assert bench.wire.trips == ["EVALSHA", "MGET"]


async def test_a_cancelled_reader_takes_nothing_from_the_others(shop: Shop, bench: Bench) -> None:
    await shop.crowd("abc", 5)
    async with bench.wire.hold():
        impatient = asyncio.create_task(bench.scores("a"))
        await bench.wire.held.wait()
        patient = asyncio.create_task(bench.scores("a"))
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.sleep(0)
    assert set(await patient) == {"b", "c"}


async def test_forgotten_postings_are_read_again(shop: Shop, bench: Bench) -> None:
    await shop.view("ann", "ab")
    await bench.scores("a")
    await shop.view("bob", "ac")
    bench.sessions.forget()
    assert set(await bench.scores("a")) == {"b", "c"}


async def test_postings_forgotten_while_they_are_read_are_not_kept(
    shop: Shop, bench: Bench
) -> None:
    await shop.view("ann", "ab")
    async with bench.wire.hold():
        reading = asyncio.create_task(bench.scores("a"))
        await bench.wire.held.wait()
        bench.sessions.forget()
    await reading
    assert await bench.reads("a") == ["EVALSHA"]
