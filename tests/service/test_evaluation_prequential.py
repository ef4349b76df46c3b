"""Protocol prequential through the product's own code, on logs whose figures are evident."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from service.errors import InvalidInput
from service.evaluation.moments import moment_ms
from service.evaluation.options import PRODUCT
from service.evaluation.prequential import Prequential
from service.evaluation.protocols import Files, Input, Protocol, evaluation_of
from service.evaluation.readers import Log, joined
from service.evaluation.replay import Place
from tests.cli.serving import data_file
from tests.service.logs import PLAIN, a_place, clicks, figures_of

OPTIONS = replace(PLAIN, rules=PRODUCT)
WARM_UP = ("ab", "ab", "ab")  # six seconds of the log


@pytest.fixture
def place() -> Iterator[Place]:
    with a_place() as found:
        yield found


async def run(place: Place, *sessions: str, **changes: Any) -> dict[str, Any]:
    """The sessions after the warm-up."""
    log = clicks(*WARM_UP, *sessions)
    return await Prequential(log, OPTIONS, split_ms=6_000, **changes).run(place)


async def test_what_happens_is_predicted_and_then_known(place: Place) -> None:
    """To b as before; to c, which nobody did; to c again, which one did and three went to b."""
    found = await run(place, "ab", "ac", "ac")
    assert found["n"] == 3
    assert found["hr@20"] == pytest.approx(2 / 3)
    assert found["mrr@20"] == pytest.approx((1 + 0 + 1 / 2) / 3)


async def test_a_frozen_model_does_not_know_what_happened_since(place: Place) -> None:
    found = await run(place, "ab", "ac", "ac", frozen_ms=6_000)
    assert (found["n"], found["mrr@20"]) == (3, pytest.approx(1 / 3))
    assert found["events"] == 6


async def test_a_frozen_model_knows_what_its_user_did_before_and_since(place: Place) -> None:
    """The session began while events were taken in, and goes on while none are."""
    found = await run(place, "xab", frozen_ms=7_000)
    assert (found["n"], found["hr@20"], found["events"]) == (2, 1 / 2, 7)


async def test_no_touch_helps_to_predict_itself(place: Place) -> None:
    found = await run(place, "ax", "bx", "ay", "by", "az")
    assert (found["n"], found["hr@20"]) == (5, 0.0)


async def test_repeats_in_a_row_are_not_asked_for(place: Place) -> None:
    assert (await run(place, "aab"))["n"] == 1


async def test_what_is_not_sampled_is_recorded_all_the_same(place: Place) -> None:
    log = clicks(*WARM_UP, *["ac"] * 9, "ab")
    options = replace(OPTIONS, sample=3, seed=1)
    found = await Prequential(log, options, split_ms=6_000).run(place)
    assert (found["n"], found["events"]) == (3, 26)


async def test_each_predicted_touch_is_learned_from(place: Place) -> None:
    assert (await run(place, "ab", "ac"))["labels_learned"] == 2


async def test_models_are_made_anew_from_time_to_time(place: Place) -> None:
    phases: list[str] = []
    options = replace(OPTIONS, rebuild_hours=2 / 3_600)
    plan = Prequential(clicks(*WARM_UP, *["ab"] * 4), options, split_ms=6_000)
    await plan.run(place, lambda phase, *_: phases.append(phase))
    assert phases.count("rebuild") == 4  # at the end of the warm-up, and after 2, 4 and 6 seconds


async def test_figures_by_hour_and_day_add_up(place: Place) -> None:
    log = clicks(*WARM_UP, "ab", "ac")
    late = [replace(e, timestamp_ms=(e.timestamp_ms or 0) + 7_200_000) for e in log.events[8:]]
    log = replace(log, events=[*log.events[:8], *late])
    found = await figures_of(Prequential(log, OPTIONS, split_ms=6_000), place)
    hours = [(row["from"], row["n"], row["hr@20"]) for row in found["by_hour"]]
    assert hours == [("1970-01-01T00:00+00:00", 1, 1.0), ("1970-01-01T02:00+00:00", 1, 0.0)]
    assert [(row["n"], row["hr@20"]) for row in found["by_day"]] == [(2, 1 / 2)]


@pytest.mark.parametrize("split_ms", [0, 99_000])
async def test_a_split_with_nothing_on_one_side_is_refused(place: Place, split_ms: int) -> None:
    with pytest.raises(InvalidInput):
        await Prequential(clicks("ab", "ab"), OPTIONS, split_ms).run(place)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-02", 2 * 86_400_000),
        ("1970-01-02T00:00:01", 86_401_000),
        ("1.5d", 7_000 + 129_600_000),
        ("86401", 86_401_000),
    ],
)
def test_a_moment_is_a_time_the_end_of_a_date_or_some_days_on(text: str, moment: int) -> None:
    assert moment_ms(text, first_ms=7_000) == moment


def test_any_other_text_is_no_moment() -> None:
    with pytest.raises(InvalidInput):
        moment_ms("soon", 0)


def test_two_files_are_one_log() -> None:
    log = joined(clicks("ab"), Log(clicks("xyz").events[1:2], left_out=3))
    assert [e.item_id for e in log.events] == ["a", "b", "y"]
    assert log.left_out == 3


def test_a_public_log_asks_as_often_as_it_is_known_to() -> None:
    train, test = (data_file(f"rsc15_sample/{part}.tsv.gz") for part in ("train", "test"))
    files = Files(Input.SESSIONS, train, test, split_at="5d")
    plan = evaluation_of(Protocol.PREQUENTIAL, files, OPTIONS)
    assert isinstance(plan, Prequential)
    stream = [e for e in plan.log.events if (e.timestamp_ms or 0) >= plan.split_ms]
    assert len(plan.asked(stream)) == 17_081
