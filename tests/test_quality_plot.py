"""The picture of the online model against the frozen one: what becomes of two evaluations' figures."""

import json
import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks.quality_drawing import LABEL_HEIGHT, SIZE, Bin, drawing, times
from benchmarks.quality_plot import binned, finding, main

SVG = "{http://www.w3.org/2000/svg}"
Hour = tuple[int, int, float]


def report(hours: Sequence[Hour], events: int) -> dict[str, Any]:
    """What an evaluation writes; each hour with its number of predictions and its hit rate."""
    rows = [
        {"from": f"2014-04-06T{hour:02}:00+00:00", "n": n, "hr@20": rate} for hour, n, rate in hours
    ]
    about = {"protocol": "prequential", "rules": "product", "seed": 0, "settings": {}}
    return {**about, "events": events, "by_hour": rows}


def pair(hours: Sequence[Hour], frozen_rate: float) -> tuple[dict[str, Any], dict[str, Any]]:
    frozen = [(hour, n, frozen_rate) for hour, n, _ in hours]
    return report(hours, events=9), report(frozen, events=5)


def bins(*rates: tuple[float, float], begin_at: Sequence[int] = range(0, 24, 3)) -> list[Bin]:
    """Periods of three hours with their two hit rates."""
    return [
        Bin(at(hour), at(hour + 3), 100, *both) for hour, both in zip(begin_at, rates, strict=False)
    ]


def at(hour: int) -> datetime:
    return datetime(2014, 4, 6 + hour // 24, hour % 24, tzinfo=UTC)


def lines(svg: str, model: str) -> list[list[tuple[float, float]]]:
    found = ElementTree.fromstring(svg).findall(f"{SVG}polyline[@class='{model}']")
    return [
        [
            (float(x), float(y))
            for x, y in (point.split(",") for point in one.attrib["points"].split())
        ]
        for one in found
    ]


def test_an_hour_counts_by_its_predictions() -> None:
    (one,) = binned(*pair([(6, 90, 0.5), (11, 10, 1.0)], frozen_rate=0.25), hours=6)
    assert one.predictions == 100
    assert [one.online, one.frozen] == pytest.approx([0.55, 0.25])


def test_periods_begin_at_round_hours() -> None:
    found = binned(*pair([(5, 50, 0.5), (6, 50, 0.5), (19, 50, 0.5)], frozen_rate=0.5), hours=6)
    assert [(one.begins, one.ends) for one in found] == [
        (at(0), at(6)),
        (at(6), at(12)),
        (at(18), at(24)),
    ]


def test_a_period_of_few_predictions_is_left_out() -> None:
    found = binned(*pair([(0, 49, 0.9), (6, 50, 0.5)], frozen_rate=0.5), hours=6)
    assert [one.begins for one in found] == [at(6)]


@pytest.mark.parametrize(
    "frozen",
    [
        report([(0, 60, 0.5)], events=5),
        report([(1, 50, 0.5)], events=5),
        report([(0, 50, 0.5)], events=5) | {"rules": "published"},
        report([(0, 50, 0.5)], events=9),
    ],
    ids=["other number", "other hour", "other rules", "nothing frozen"],
)
def test_what_does_not_compare_is_refused(frozen: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"same predictions|no fewer events"):
        binned(report([(0, 50, 0.5)], events=9), frozen, hours=6)


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ([(0.5, 0.5), (0.6, 0.5)], "hits more often than the frozen one, and its lead grows"),
        ([(0.6, 0.5), (0.6, 0.5)], "hits more often than the frozen one"),
        ([(0.6, 0.5)], "hits more often than the frozen one"),
        ([(0.505, 0.5), (0.505, 0.5)], "does not hit more often than the frozen one"),
        ([(0.5, 0.6), (0.5, 0.6)], "does not hit more often than the frozen one"),
    ],
)
def test_the_title_says_what_the_lines_bear_out(
    rates: list[tuple[float, float]], words: str
) -> None:
    assert finding(bins(*rates)) == f"The online model {words}"


def test_a_higher_rate_is_drawn_higher_and_a_later_one_further_right() -> None:
    svg = drawing(bins((0.5, 0.5), (0.6, 0.4)), "A title", "a log")
    ((begins, online),), ((_, frozen),) = lines(svg, "online"), lines(svg, "frozen")
    assert begins[0] < online[0] == frozen[0]
    assert online[1] < begins[1] < frozen[1]


def test_no_line_is_drawn_over_a_period_that_was_left_out() -> None:
    svg = drawing(bins(*[(0.6, 0.5)] * 4, begin_at=(0, 3, 9, 12)), "A title", "a log")
    assert [len(run) for run in lines(svg, "online")] == [2, 2]


def test_the_two_lines_differ_in_more_than_colour() -> None:
    svg = ElementTree.fromstring(drawing(bins((0.6, 0.5), (0.6, 0.5)), "A title", "a log"))
    dashes = [line.attrib["stroke-dasharray"] for line in svg.iter(f"{SVG}polyline")]
    assert len(set(dashes)) == 2
    assert len(svg.findall(f"{SVG}circle")) == 2


@pytest.mark.parametrize("last", [(0.5, 0.5), (0.51, 0.5), (0.5, 0.51)])
def test_labels_do_not_cover_each_other_where_the_lines_meet(last: tuple[float, float]) -> None:
    svg = ElementTree.fromstring(drawing(bins((0.9, 0.1), last), "A title", "a log"))
    heights = [float(name.attrib["y"]) for name in svg.findall(f"{SVG}text[@class='name']")]
    assert heights[1] - heights[0] == pytest.approx(LABEL_HEIGHT)


def test_rates_that_are_all_the_same_can_be_drawn() -> None:
    assert "50 %" in drawing(bins((0.5, 0.5)), "A title", "a log")


@pytest.mark.parametrize("days", [1, 2, 7, 30])
def test_the_times_of_the_axis_are_few_and_round(days: int) -> None:
    found = times(at(4), at(4).replace(month=5) if days == 30 else at(4 + 24 * days))
    assert 3 <= len(found) <= 10
    assert all(one.hour % 6 == 0 and one >= at(4) for one in found)


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The command line on two files that compare: online, frozen, picture."""
    paths = [tmp_path / name for name in ("online.json", "frozen.json", "picture.png")]
    for path, figures in zip(paths, pair([(0, 50, 0.6), (6, 50, 0.6)], 0.5), strict=False):
        path.write_text(json.dumps(figures))
    monkeypatch.setattr("sys.argv", ["quality_plot", *map(str, paths)])
    return paths


@pytest.mark.chromium
def test_the_picture_is_a_png_of_the_drawing_s_size(command: list[Path]) -> None:
    main()
    head = command[-1].read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", head[16:]) == SIZE


def test_of_two_models_that_took_in_the_same_there_is_no_picture(
    command: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    online, frozen, picture = command
    online.write_text(frozen.read_text())
    with pytest.raises(SystemExit):
        main()
    assert "took in no fewer events" in capsys.readouterr().err
    assert not picture.exists()
