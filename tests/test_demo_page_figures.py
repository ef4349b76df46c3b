"""What the demo page's benchmark makes of what it measured."""

import pytest

from benchmarks.demo_page import Kept, growth, slope, stages

ACT = {"clicked": 100.0, "accepted": 110.0, "pushed": 120.0, "painted": 140.0, "scoredMs": 4.0}


def test_the_stages_of_an_act_add_up() -> None:
    split = stages(ACT)
    assert split == {"accepted": 10, "scored": 4, "pushed": 6, "painted": 20}


@pytest.mark.parametrize("overtaken", [ACT | {"accepted": 130.0}, {**ACT, "scoredMs": 50.0}])
def test_no_stage_is_below_nothing(overtaken: dict[str, float]) -> None:
    split = stages(overtaken)
    assert sum(split.values()) == 40
    assert min(split.values()) >= 0


def test_growth_is_the_last_third_by_the_middle_one() -> None:
    assert growth([1, 1, 1, 10, 10, 10, 12, 12, 12]) == pytest.approx(0.2)


def test_the_slope_is_of_the_second_half_and_per_minute() -> None:
    kept = [Kept(minute, 0, 0, 0) for minute in (2.0, 4.0, 6.0, 8.0)]
    assert slope(kept, [0, 0, 100, 300]) == 100
