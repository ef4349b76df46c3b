"""Protocols basket and holdout through the product's own code, on logs whose figures are evident."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import pytest

from service.errors import InvalidInput
from service.evaluation.baskets import basket, baskets_of, holdout, missing_items
from service.evaluation.options import PRODUCT, Options
from service.evaluation.protocols import Files, Input, Protocol, evaluation_of
from service.evaluation.questions import Question, Touch
from service.evaluation.readers import GAP_S, Log
from service.evaluation.replay import STUDY_MS, Place, open_replay
from service.evaluation.trial import Trial, prepare
from service.lessons import FLUSH_EXAMPLES
from service.model import Item, NewEvent
from tests.cli.serving import data_file
from tests.service.logs import PLAIN, a_place, clicks, figures_of

OPTIONS = replace(PLAIN, rules=PRODUCT)


@pytest.fixture
def place() -> Iterator[Place]:
    with a_place() as found:
        yield found


def orders(*baskets: Sequence[str]) -> Log:
    """An order a second, each by a customer of its own."""
    events = [
        NewEvent(f"c{n}", item, "purchase", timestamp_ms=n * 1_000, order_id=f"o{n}")
        for n, items in enumerate(baskets)
        for item in items
    ]
    return Log(events, GAP_S)


def bought(events: Sequence[NewEvent]) -> str:
    return "".join(event.item_id for event in events)


def test_an_order_is_a_basket_and_holds_an_item_once() -> None:
    assert [bought(one) for one in baskets_of(orders("aba", "c").events)] == ["ab", "c"]


def test_without_orders_what_a_user_buys_in_a_day_is_a_basket() -> None:
    day_ms = 86_400_000
    times = {"a": 0, "b": day_ms - 1, "c": day_ms}
    events = [NewEvent("u", item, "purchase", timestamp_ms=at) for item, at in times.items()]
    view = NewEvent("u", "x", "view", timestamp_ms=0)
    assert [bought(one) for one in baskets_of([view, *events])] == ["ab", "c"]


def test_at_most_three_items_of_a_basket_are_missing_one_at_a_time() -> None:
    questions = missing_items(baskets_of(orders("ab", "cdefg", "h", "i" * 9).events), seed=1)
    assert [question.cluster for question in questions] == [0, 0, 1, 1, 1]
    for question in questions:
        others = "".join(touch.item for touch in question.before)
        assert sorted(others + question.wanted[0]) == sorted(["ab", "cdefg"][question.cluster])
        assert {touch.type for touch in question.before} == {"purchase"}


def test_a_basket_too_large_for_a_person_is_not_asked_for() -> None:
    items = [f"i{number}" for number in range(201)]
    assert missing_items(baskets_of(orders(items).events), seed=1) == []
    assert len(missing_items(baskets_of(orders(items[:200]).events), seed=1)) == 3


async def test_a_missing_item_is_found_by_what_is_bought_with_the_others(place: Place) -> None:
    """b goes with a, and a with b; nobody knows what x goes with."""
    log = orders("ab", "ab", "ab", "cd", "cd", "ab", "ax")
    found = await figures_of(basket(log, 5_000, OPTIONS), place)
    assert (found["n"], found["hr@20"]) == (4, 2 / 4)


async def test_items_of_few_baskets_have_figures_of_their_own(place: Place) -> None:
    log = orders(*["ab"] * 10, *["cd"] * 9, "ab", "cd", "cz")
    options = replace(OPTIONS, by_source=True)
    found = await figures_of(basket(log, 19_000, options), place)
    assert (found["n"], found["rare"]["n"]) == (6, 4)
    assert found["rare"]["hr@20"] == pytest.approx(2 / 4)
    assert found["sources"]["co_purchase"]["rare"]["n"] == 4


async def test_what_the_file_says_of_items_reaches_the_catalogue(place: Place) -> None:
    """Nobody bought z, but it is called as a is."""
    log = orders("ab", "cd", "az")
    items = {
        name: Item(name, title=title)
        for name, title in {
            "a": "red lamp",
            "z": "red lamp shade",
            "b": "mug",
            "c": "tea",
            "d": "pot",
        }.items()
    }
    options = replace(OPTIONS, strategy_name="content")
    found = await figures_of(basket(replace(log, items=items), 2_000, options), place)
    assert (found["n"], found["hr@20"]) == (2, 1.0)


def test_a_fifth_is_held_out_of_all_and_asked_of_each_user() -> None:
    events = [
        NewEvent(user, item, "purchase", timestamp_ms=n * 1_000)
        for n, (user, item) in enumerate((u, i) for i in "abcdefghij" for u in ("u", "v", "w"))
    ]
    trial = holdout(Log(events, GAP_S), Options(rules=PRODUCT, seed=1))
    assert len(trial.log.events) == 24
    assert sum(len(question.wanted) for question in trial.questions) == 6
    for question in trial.questions:
        assert len(question.before) + len(question.wanted) == 10
        assert not {touch.item for touch in question.before} & set(question.wanted)
    assert {event.order_id for event in trial.log.events} == {"ou", "ov", "ow"}


def test_what_a_user_has_twice_is_not_both_left_and_wanted() -> None:
    """Ten items, each bought five times by one user: two of them are wanted, and eight are left."""
    events = [
        NewEvent("u", item, "purchase", timestamp_ms=n * 1_000)
        for n, item in enumerate("abcdefghij" * 5)
    ]
    trial = holdout(Log(events, GAP_S), Options(rules=PRODUCT, seed=1))
    (question,) = trial.questions
    assert len(question.wanted) == 2
    assert len(question.before) == 8
    assert sorted([*question.wanted, *(touch.item for touch in question.before)]) == [*"abcdefghij"]
    assert [event.item_id for event in trial.log.events] == [
        touch.item for touch in question.before
    ]


@pytest.mark.parametrize(
    "protocol", [partial(basket, split_ms=0, options=OPTIONS), partial(holdout, options=OPTIONS)]
)
@pytest.mark.parametrize("log", [clicks("abc"), Log([])])
def test_a_log_without_purchases_is_refused(protocol: Callable[[Log], Trial], log: Log) -> None:
    with pytest.raises(InvalidInput, match="no purchases"):
        protocol(log)


async def test_what_a_user_has_is_not_recommended_and_all_that_was_held_out_is_wanted(
    place: Place,
) -> None:
    """Five have a, b, c and d. One has a and b, and c, d and q were held out: the list is c and d."""
    log = orders(*["abcd"] * 5)
    before = tuple(Touch(item, "purchase") for item in "ab")
    row = holdout(log, OPTIONS).row
    found = await Trial(log, [Question(before, ("c", "d", "q"), 0)], OPTIONS, row).run(place)
    assert found["hr@10"] == found["mrr@10"] == 1.0
    assert found["precision@10"] == pytest.approx(2 / 10)
    assert found["recall@10"] == pytest.approx(2 / 3)


def test_the_public_shop_asks_as_often_as_the_prototype_did() -> None:
    files = Files(
        Input.EVENTS, data_file("online_retail/online_retail.csv.gz"), split_at="2011-11-08"
    )
    trial = evaluation_of(Protocol.BASKET, files, Options(rules=PRODUCT))
    assert isinstance(trial, Trial)
    assert len(trial.questions) == 7_858
    assert len(trial.log.items) == 3_903
    rare = sum(trial.groups["rare"](question) for question in trial.questions)
    assert 150 < rare < 200  # 180 there, by another draw


def test_the_public_ratings_are_parted_four_to_one() -> None:
    files = Files(Input.MOVIELENS, data_file("ml-100k/ml-100k.inter.gz"))
    trial = evaluation_of(Protocol.HOLDOUT, files, Options(rules=PRODUCT))
    assert isinstance(trial, Trial)
    assert len(trial.log.events) == 80_000
    assert sum(len(question.wanted) for question in trial.questions) <= 20_000
    assert len(trial.questions) > 900


async def test_weights_are_learned_from_missing_items_of_the_last_recorded_baskets(
    place: Place,
) -> None:
    trial = basket(orders(*["ab", "cd"] * 10, "ab"), 20_000, replace(OPTIONS, labels=100))
    async with open_replay(trial.log, trial.options, place, lambda *_: None, {}) as replay:
        options = replace(trial.options, valid_share=0.2)
        await prepare(replay, trial.log, options, trial.lessons)
        assert replay.tandem.learner.examples == 4 * 2
        assert replay.recorded.total() == 20 * 2
        (learned,) = [w for w in await replay.tandem.weight_control.all() if w.examples]
        assert (learned.last_act, learned.examples) == ("purchase", 8)


async def test_while_baskets_teach_time_goes_on_so_that_weights_are_read_again(
    place: Place,
) -> None:
    trial = basket(orders(*["abc"] * 20, "abc"), 20_000, OPTIONS)
    async with open_replay(trial.log, OPTIONS, place, lambda *_: None, {}) as replay:
        await replay.record(trial.log.events)
        began_ms = replay.clock.now_ms
        await replay.study(trial.questions)
        assert replay.clock.now_ms - began_ms == len(trial.questions) * STUDY_MS
        assert replay.tandem.settings.neighbours_max_age_s * 1_000 <= STUDY_MS * FLUSH_EXAMPLES


async def test_a_replay_stays_in_its_generation_however_much_is_studied(place: Place) -> None:
    log = Log(
        [NewEvent("u", "a", "purchase", timestamp_ms=n * 2_000) for n in range(80_000)], GAP_S
    )
    options = replace(OPTIONS, labels=1_000_000_000)  # no more than there are events
    async with open_replay(log, options, place, lambda *_: None, {}) as replay:
        generation_ms = replay.timeline.event_ttl_s * 1_000
        ends_ms = replay.timeline.at(160_000_000) + 80_000 * STUDY_MS
    assert ends_ms // generation_ms == replay.timeline.start_ms // generation_ms
