"""Protocol next-item through the product's own code, on logs whose figures are evident."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis

from service.errors import InvalidInput
from service.evaluation.next_item import next_item
from service.evaluation.options import LAST_EXCLUDED, PRODUCT, Options
from service.evaluation.questions import Question
from service.evaluation.readers import Log, read_sessions, read_srgnn
from service.evaluation.replay import Place
from service.evaluation.trial import Trial, sampled
from tests.cli.serving import data_file
from tests.service.logs import PLAIN, a_place, asked, clicks

TRAIN = ("ab", "ab", "ac", "de")


@pytest.fixture
def place() -> Iterator[Place]:
    with a_place() as found:
        yield found


async def run(
    place: Place, log: Log, questions: list[Question], options: Options = PLAIN
) -> dict[str, Any]:
    return await Trial(log, questions, options).run(place)


async def test_the_figures_are_those_of_the_counts(place: Place) -> None:
    """After a two of three went to b, one to c; after d everybody to e; nobody went from d to c."""
    found = await run(place, clicks(*TRAIN), asked("ab", "ac", "de", "dc"))
    assert (found["n"], found["events"]) == (4, 8)
    assert found["hr@20"] == 3 / 4
    assert found["mrr@20"] == pytest.approx((1 + 1 / 2 + 1 + 0) / 4)


async def test_by_published_rules_a_repeated_item_can_be_right(place: Place) -> None:
    questions = asked("abb")[1:]
    assert (await run(place, clicks(*TRAIN), questions))["hr@20"] == 1.0
    excluded = replace(PLAIN, rules=LAST_EXCLUDED)
    assert (await run(place, clicks(*TRAIN), questions, excluded))["hr@20"] == 0.0


async def test_the_product_may_show_again_what_was_seen_before(place: Place) -> None:
    found = await run(place, clicks("aba"), asked("aba"), replace(PLAIN, rules=PRODUCT))
    assert found["hr@20"] == 1.0


async def test_each_source_is_scored_alone_on_the_same_questions(place: Place) -> None:
    options = replace(PLAIN, by_source=True)
    found = await run(place, clicks(*TRAIN), asked("ab", "ba"), options)
    assert found["sources"]["sequence"]["hr@20"] == 1 / 2
    assert found["sources"]["co_view"]["hr@20"] == 1.0
    assert found["sources"]["co_purchase"]["hr@20"] == 0.0
    assert found["sources"]["co_view"]["n"] == found["n"] == 2


async def test_test_sessions_teach_nothing(place: Place) -> None:
    """However often a test goes from a to e: no training session did."""
    found = await run(place, clicks(*TRAIN), asked(*["ae"] * 30))
    assert found["hr@20"] == 0.0


async def test_shuffled_labels_are_hit_by_chance(place: Place) -> None:
    drawn = random.Random(1)
    items = [f"i{number}" for number in range(100)]
    log = clicks(*[drawn.choices(items, k=4) for _ in range(100)])
    questions = asked(*[drawn.choices(items, k=2) for _ in range(300)])
    found = await run(place, log, questions, replace(PLAIN, strategy_name="balanced"))
    assert pytest.approx(found["hr@20"], abs=0.08) == 0.2


async def test_learning_makes_use_of_the_last_sessions(place: Place) -> None:
    log = clicks(*["ab", "ac", "de"] * 10)
    found = await run(place, log, asked("ab"), replace(PLAIN, valid_share=0.5))
    assert found["labels_learned"] == 15
    assert found["events"] == 60
    assert found["hr@20"] == 1.0


async def test_a_replay_leaves_nothing_behind_and_touches_nothing_else(place: Place) -> None:
    with redis.Redis.from_url(place.redis_url, decode_responses=True) as outside:
        outside.set("other", "mine")
        await run(place, clicks(*TRAIN), asked("ab"))
        assert outside.keys() == ["other"]


async def test_the_same_seed_gives_the_same_figures(place: Place) -> None:
    drawn = random.Random(2)
    log = clicks(*[drawn.choices("abcdefgh", k=5) for _ in range(40)])
    options = Options(valid_share=0.3, labels=20, sample=30, seed=7)
    questions = asked(*[drawn.choices("abcdefgh", k=4) for _ in range(20)])
    timed = ("predict_s", "latency_ms", "record_s", "events_per_s", "seconds")
    first, second = [await run(place, log, questions, options) for _ in range(2)]
    for name in timed:
        del first[name], second[name]
    assert first == second


async def test_settings_and_times_are_told(place: Place) -> None:
    found = await run(place, clicks(*TRAIN), asked("ab"))
    assert found["settings"]["event_ttl_s"] == 86_400
    assert found["settings"]["repeats"] == "all"
    assert found["seconds"].keys() >= {"record", "predict"}
    assert found["latency_ms"]["p50"] <= found["latency_ms"]["p99"]


async def test_nothing_to_ask_is_refused(place: Place) -> None:
    with pytest.raises(InvalidInput):
        await run(place, clicks("ab"), [])


def test_a_sample_is_seeded_and_in_order() -> None:
    questions = list(range(100))
    assert sampled(questions, 5, 1) == sorted(sampled(questions, 5, 1))
    assert sampled(questions, 5, 1) != sampled(questions, 5, 2)
    assert sampled(questions, None, 1) == sampled(questions, 100, 1) == questions


def test_without_a_test_file_the_last_sessions_are_the_test() -> None:
    train = data_file("serenade_example/train.tsv.gz")
    trial = next_item(read_sessions, train, None, Options())
    assert len(trial.questions) == 9_070
    assert len({event.session_id for event in trial.log.events}) == 21_378


@pytest.mark.parametrize(("rules", "count"), [(Options().rules, 10_152), (PRODUCT, 7_526)])
def test_every_prefix_of_a_public_test_file_is_asked(rules: Any, count: int) -> None:
    folder = "rsc15_sample"
    train, test = (data_file(f"{folder}/{part}.tsv.gz") for part in ("train", "test"))
    assert len(next_item(read_sessions, train, test, Options(rules=rules)).questions) == count


def test_pairs_lose_their_repeats_by_the_products_rules(tmp_path: Path) -> None:
    train, test = tmp_path / "train.tsv", tmp_path / "test.jsonl"
    train.write_text("SessionId\tPos\tItemId\n0\t0\t5\n")
    test.write_text("[[1,1],2]\n[[1],1]\n")
    (question,) = next_item(read_srgnn, train, test, Options(rules=PRODUCT)).questions
    assert ([touch.item for touch in question.before], question.wanted) == (["1"], ("2",))
