"""Weights follow what people do next, from examples that do not know the answer."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from service import recommender
from service.lessons import FLUSH_EXAMPLES
from service.model import Item, NewEvent
from service.ranking import FEATURES
from service.senders import Sender
from service.strategies import BUILT_IN, strategy
from service.weights import LAST_ACTS, kind_of, prior_of, usable, weights_of
from store.weights import Learned
from tests.clock import Clock
from tests.service.shop import GAP_MS, Shop, comes_true, open_shop

STEP_MS = 1_500  # older than weights and neighbour lists may be


@pytest.fixture
async def learning(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    """A worker that learns from every event, for one strategy, however busy the machine is."""
    monkeypatch.setattr(recommender, "LEARN_S", 60.0)
    async with open_shop(clock, learn_rate=100_000.0) as shop:
        shop.tandem.learner.strategy = strategy("balanced")
        yield shop


async def walk(shop: Shop, user: str, path: list[str]) -> None:
    for item in path:
        await shop.view(user, [item])
        shop.clock.advance(STEP_MS)


async def learned(shop: Shop, last: str = "view", name: str = "balanced") -> Learned:
    await shop.tandem.learner.flush()
    shop.clock.advance(STEP_MS)
    return (await shop.tandem.weights.get(strategy(name), last)).learned


async def test_how_much_more_a_purchase_says_than_a_view_is_learned(learning: Shop) -> None:
    """Whoever bought x and looked at a goes on to y, which goes with x, and never to b, which goes with a."""
    await learning.crowd("ab", 9)
    await learning.crowd("xy", 9, "others")
    for number in range(20):
        await learning.buy(f"v{number}", "x")
        await learning.view(f"v{number}", "a")
        learning.clock.advance(STEP_MS)
        await learning.view(f"v{number}", "y")
    await learned(learning)
    current = await learning.tandem.weights.get(strategy("balanced"), "view")
    assert current.values[FEATURES.index("by_purchase")] > 0.1
    assert prior_of(strategy("balanced"), "view")["by_purchase"] == 0


async def test_an_event_that_says_it_is_now_is_learned_from_and_a_late_one_is_not(
    learning: Shop,
) -> None:
    for user, ago_ms in (("ann", 0), ("bob", 1), ("cid", GAP_MS + 1)):
        await learning.view(user, "a")
        learning.clock.advance(STEP_MS)
        at_ms = learning.clock() - ago_ms
        await learning.recommender.record([NewEvent(user, "b", "view", timestamp_ms=at_ms)])
    assert learning.tandem.learner.examples == 2


async def test_what_teaches_nothing_takes_no_turn(clock: Clock) -> None:
    async with open_shop(clock, learn_rate=1.0) as shop:
        await shop.view("ann", "a")
        clock.advance(STEP_MS)
        await shop.recommender.record([NewEvent("ann", "b", "impression")])
        await shop.view("ann", "b")
        assert shop.tandem.learner.examples == 1


async def test_what_was_learned_last_is_sent_though_nobody_acts_any_more(learning: Shop) -> None:
    await learning.view("ann", "a")
    learning.clock.advance(1)
    await learning.view("ann", "b")
    async with learning.tandem.learner.sent_in_time():

        async def sent() -> bool:
            held = await learning.redis.hget("tandem:weights:balanced:view", "examples")
            return bool(held)

        await comes_true(sent)


async def test_what_comes_next_is_learned_from(learning: Shop) -> None:
    for number in range(30):
        await walk(learning, f"v{number}", ["a", "b", "c"])
    known = await learned(learning)
    assert known.examples == 60  # each visitor's first act has nothing before it
    assert known.sums.hits / known.sums.seen > 0.8
    assert known.sums.pulls


async def test_a_source_that_is_right_gains_weight(learning: Shop) -> None:
    """Whoever sees x goes to the item that always follows it, whatever else is popular."""
    rng = random.Random(3)
    for number in range(150):
        first = rng.choice("abcdefgh")
        await walk(learning, f"v{number}", [first, first + "2"])
        await walk(learning, f"n{number}", ["noise"])
    known = await learned(learning)
    weights = weights_of(strategy("balanced"), "view", known)
    trending, sequence = FEATURES.index("log_trending"), FEATURES.index("log_sequence")
    prior = prior_of(strategy("balanced"), "view")
    assert weights[sequence] - prior["log_sequence"] > weights[trending] - prior["log_trending"]


async def test_an_example_does_not_know_its_answer(learning: Shop) -> None:
    """Where the next item is drawn by chance it is found by chance: 20 of 60 places, and no more."""
    rng = random.Random(5)
    items = [f"i{number}" for number in range(60)]
    for number in range(120):
        await walk(learning, f"v{number}", rng.sample(items, 4))
    sums = (await learned(learning)).sums
    assert sums.seen > 300
    assert 0.2 < sums.hits / sums.seen < 0.45


async def test_what_may_not_be_shown_is_no_example(learning: Shop) -> None:
    await walk(learning, "ann", ["a", "a", "a"])
    assert (await learned(learning)).examples == 0


async def test_each_kind_of_last_act_has_weights_of_its_own(learning: Shop) -> None:
    await walk(learning, "ann", ["a"])
    await learning.buy("ann", ["b"])
    learning.clock.advance(STEP_MS)
    await walk(learning, "ann", ["c"])
    assert (await learned(learning)).examples == 1
    assert (await learned(learning, "purchase")).examples == 1
    assert kind_of("dislike") == kind_of(None) == LAST_ACTS[0]


async def test_every_strategy_learns_and_the_default_one_most(learning: Shop) -> None:
    learning.tandem.learner.strategy = None
    for number in range(200):
        await walk(learning, f"v{number}", ["a", "b", "c"])
    examples = {name: (await learned(learning, name=name)).examples for name in BUILT_IN}
    assert sum(examples.values()) == learning.tandem.learner.examples == 400
    assert 160 < examples.pop("balanced") < 240
    assert all(25 < count < 75 for count in examples.values())


async def test_a_strategy_learns_from_its_own_lists(learning: Shop) -> None:
    """What always follows is found by what came next, and not by what is like it."""
    await learning.crowd("ab", 20)
    for name in ("co_occurrence", "content"):
        learning.tandem.learner.strategy = strategy(name)
        await walk(learning, f"{name}-1", ["a", "b"])
    assert (await learned(learning, name="co_occurrence")).sums.hits == 1
    assert (await learned(learning, name="content")).sums.hits == 0


async def test_a_purchase_counts_as_five_views(learning: Shop) -> None:
    async def pull_of(user: str, kind: str) -> float:
        before = (await learned(learning)).sums.pulls.get("log_sequence", 0.0)
        await walk(learning, user, ["a"])
        await learning.act(user, kind, ["b"])
        return (await learned(learning)).sums.pulls["log_sequence"] - before

    await learning.crowd("abcde", 5)
    viewed, bought = await pull_of("ann", "view"), await pull_of("bob", "purchase")
    assert bought == pytest.approx(5 * viewed, rel=0.2)


async def test_only_an_event_that_is_recorded_as_the_next_is_learned_from(learning: Shop) -> None:
    event = NewEvent("ann", "b", "view", event_id="e")
    await walk(learning, "ann", ["a"])
    await learning.recommender.record([event])
    assert (await learned(learning)).examples == 1
    await learning.recommender.record([event])
    await learning.recommender.record(
        [NewEvent("ann", "c", "view", timestamp_ms=learning.clock() - GAP_MS - 1)]
    )
    await learning.recommender.record([NewEvent("ann", "d", "view")], as_of_event=True)
    await learning.recommender.record([NewEvent("ann", "e", "impression")])
    assert (await learned(learning)).examples == 1


async def test_acts_at_the_same_time_do_not_pass_for_one_another(learning: Shop) -> None:
    await walk(learning, "ann", ["a"])
    both = (learning.view("ann", ["b"]), learning.view("ann", ["c"]))
    await asyncio.gather(*both)
    assert (await learned(learning)).examples <= 1


async def test_no_more_is_learned_a_second_than_allowed(clock: Clock) -> None:
    async with open_shop(clock, learn_rate=1.0) as shop:
        for number in range(40):
            await shop.view(f"v{number % 4}", ["abcdefg"[number % 7]])
            clock.advance(100)
        assert 0 < shop.tandem.learner.examples <= 4


async def test_limited_senders_of_one_network_teach_little_however_much_they_send(
    clock: Clock,
) -> None:
    async with open_shop(clock, learn_rate=100_000.0) as shop:
        await shop.crowd("abcdefg")
        for number in range(40):
            sender = Sender("key", "10.0.0.1")
            event = NewEvent(f"bot{number % 4}", "abcdefg"[number % 7], "view")
            await shop.recommender.record([event], sender=sender)
            clock.advance(500)
        of_one = shop.tandem.learner.examples
        assert 0 < of_one <= 2  # 20 s
        for number in range(8):
            sender = Sender("key", f"10.0.1.{number}")
            event = NewEvent(f"bot{number % 4}", "gfedcba"[number % 7], "view")
            await shop.recommender.record([event], sender=sender)
            clock.advance(500)
        assert shop.tandem.learner.examples > of_one + 2


async def test_what_goes_wrong_in_learning_costs_no_event(
    learning: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise IndexError

    await learning.view("ann", "a")
    for name in ("before", "after"):
        monkeypatch.setattr(learning.tandem.learner, name, broken)
    await learning.view("ann", "b")
    assert (await learning.recommender.user("ann")).totals == {"view": 2}


async def test_a_made_up_item_that_is_refused_takes_no_memory(clock: Clock) -> None:
    async with open_shop(clock, learn_rate=100_000.0, catalogue_only=True) as shop:
        await shop.recommender.put_items([Item("a"), Item("b")])
        await shop.view("ann", "ab")
        numbers = len(shop.recommender._parts.lists._numbers)
        await shop.recommender.record(
            [NewEvent("ann", "made up", "view")], sender=Sender("key", "10.0.0.1")
        )
        assert len(shop.recommender._parts.lists._numbers) == numbers


async def test_at_rate_zero_nothing_is_ever_learned(shop: Shop) -> None:
    await walk(shop, "ann", list("abcabc"))
    assert shop.tandem.learner.examples == 0


async def test_paused_it_learns_nothing(learning: Shop) -> None:
    learning.tandem.learner.paused = True
    await walk(learning, "ann", list("abc"))
    assert learning.tandem.learner.examples == 0


async def test_sums_are_sent_when_there_are_enough(learning: Shop) -> None:
    for number in range(FLUSH_EXAMPLES + 1):
        await learning.view(f"v{number}", "a")
        learning.clock.advance(1)
        await learning.view(f"v{number}", "b")
        learning.clock.advance(1)
    key = "tandem:weights:balanced:view"
    assert await learning.redis.hget(key, "examples") == str(FLUSH_EXAMPLES)


async def test_what_cannot_be_sent_is_lost_and_nothing_else(
    learning: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    await learning.view("ann", "a")
    learning.clock.advance(1)
    await learning.view("ann", "b")
    learning.server.connected = False
    await learning.tandem.learner.flush()
    learning.server.connected = True
    assert "1 examples are lost" in caplog.text
    assert (await learned(learning)).examples == 0


async def test_two_workers_learn_together(clock: Clock, learning: Shop) -> None:
    async with open_shop(clock, learning.server, learn_rate=100_000.0, worker_name="b") as other:
        other.tandem.learner.strategy = strategy("balanced")
        await walk(learning, "ann", ["a", "b"])
        await walk(other, "bob", ["a", "b"])
        await other.tandem.learner.flush()
        assert (await learned(learning)).examples == 2


async def test_pinned_weights_hold_at_once_whatever_is_learned(learning: Shop) -> None:
    await learning.crowd("ab")
    await learning.view("ann", "a")
    pinned = dict.fromkeys(FEATURES, 0.0) | {"trending": 1.0}
    await learning.tandem.weight_control.pin("balanced", "view", pinned)
    made = await learning.ask("ann", explain=True)
    assert {name for item in made.items for name in item.contributions} == {"trending"}


def test_features_of_sources_that_a_strategy_does_not_use_keep_weight_zero() -> None:
    names = {FEATURES[row] for row in usable(strategy("fast"))}
    assert "session_knn" not in names
    assert "log_session_knn" not in names
    assert {"sequence", "log_walk", "is_last", "recency", "log_popularity"} <= names


async def test_evidence_that_cannot_be_used_leaves_the_prior_and_fails_nobody(
    learning: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    key = "tandem:weights:balanced:view"
    fields = ["p:walk", "1", "p:co_view", "1", "m:walk", "co_view -9e9", "m:co_view", "co_view 1"]
    await learning.redis.hset(key, items=fields)
    for number in range(3):
        await walk(learning, f"v{number}", ["a", "b"])
    assert await learning.shown("v0") == ["a"]
    current = await learning.tandem.weights.get(strategy("balanced"), "view")
    prior = prior_of(strategy("balanced"), "view")
    assert dict(zip(FEATURES, current.values, strict=True)) == prior
    views = await learning.tandem.weight_control.all()
    assert all(view.weights == view.prior for view in views)
    assert caplog.text.count("cannot be used") == 1
