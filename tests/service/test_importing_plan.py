"""An import sends every event once, in the order of time, with ids that a repetition finds."""

import gzip
from pathlib import Path

import pytest

from service.importing.files import open_file
from service.importing.mapping import MappedRow
from service.importing.ordering import in_time_order
from service.importing.plan import ImportPlan, make_plan, spacing_ms
from service.importing.presets import PRESETS
from service.model import Item, NewEvent

HEADER = "user_id,item_id,type,timestamp,title\n"
T0 = 1_700_000_000_000


def plan_of(
    path: Path, text: str, preset: str = "events", *, keep_times: bool = False
) -> ImportPlan:
    path.write_text(text)
    return make_plan(open_file(path, PRESETS[preset]), {}, keep_times=keep_times)


def test_identical_rows_both_count_and_are_found_again(tmp_path: Path) -> None:
    twin = f"u,i,view,{T0},\n"
    plan = plan_of(tmp_path / "a.csv", HEADER + twin + f"u,j,view,{T0},\n" + twin)
    ids = [source.event.event_id for source in plan.events(0)]
    assert len(set(ids)) == 3
    assert [source.event.event_id for source in plan.events(0)] == ids


def test_a_row_keeps_its_id_in_a_longer_file(tmp_path: Path) -> None:
    rows = [f"u,i{n},view,{T0 + n},\n" for n in range(4)]
    short = plan_of(tmp_path / "short.csv", HEADER + "".join(rows[1:3]))
    long = plan_of(tmp_path / "long.csv", HEADER + "".join(rows))
    ids = [source.event.event_id for source in long.events(0)]
    assert [source.event.event_id for source in short.events(0)] == ids[1:3]


def test_an_id_of_its_own_stays(tmp_path: Path) -> None:
    text = f'{{"user_id":"u","item_id":"i","type":"view","timestamp":{T0},"event_id":"mine"}}\n'
    (source,) = plan_of(tmp_path / "a.jsonl", text).events(0)
    assert source.event.event_id == "mine"


def test_events_leave_in_the_order_of_time_with_their_lines(tmp_path: Path) -> None:
    rows = [f"u,i{at},view,{T0 + at},\n" for at in (3, 1, 2, 1)]
    plan = plan_of(tmp_path / "a.csv", HEADER + "".join(rows))
    assert not plan.survey.in_order
    assert [(s.line, s.event.timestamp_ms) for s in plan.events(-T0)] == [
        (3, 1),
        (5, 1),
        (4, 2),
        (2, 3),
    ]


def test_a_resumed_import_leaves_out_what_is_done(tmp_path: Path) -> None:
    rows = [f"u,i{at},view,{T0 + at},\n" for at in (3, 1, 2)]
    plan = plan_of(tmp_path / "a.csv", HEADER + "".join(rows))
    assert [s.event.item_id for s in plan.events(0, skip=2)] == ["i3"]


def test_the_last_word_on_an_item_holds(tmp_path: Path) -> None:
    rows = f"u,i,view,{T0},Tent\nu,i,view,{T0},Big tent\nu,i,view,{T0},\n"
    plan = plan_of(tmp_path / "a.csv", HEADER + rows)
    assert plan.survey.items == {"i": Item("i", title="Big tent")}


def test_the_newest_good_event_gives_the_shift(tmp_path: Path) -> None:
    rows = f"u,i,view,{T0},\nu,i,view,{T0 - 5},\nu,i,glance,{T0 + 9},\n"
    plan = plan_of(tmp_path / "a.csv", HEADER + rows)
    assert plan.newest_ms == T0
    assert (plan.survey.events, plan.survey.faults.count) == (2, 1)


def test_an_import_is_named_by_content_and_mapping(tmp_path: Path) -> None:
    text = HEADER + f"u,i,view,{T0},\n"
    plan = plan_of(tmp_path / "a.csv", text)
    compressed = tmp_path / "b.csv.gz"
    compressed.write_bytes(gzip.compress(text.encode()))
    events = PRESETS["events"]
    same = make_plan(open_file(compressed, events), {}, keep_times=False)
    mapping = {"session_id": "user_id"}
    other = make_plan(open_file(compressed, events.mapped(mapping)), mapping, keep_times=False)
    assert same.digest == plan.digest
    assert len({plan.digest, other.digest, plan_of(tmp_path / "c", text + "\n").digest}) == 3
    assert plan_of(tmp_path / "a.csv", text, keep_times=True).digest != plan.digest


def test_rows_without_times_are_spaced_evenly(tmp_path: Path) -> None:
    text = "SessionId\tPos\tItemId\n0\t0\t1\n0\t1\t2\n1\t0\t1\n"
    plan = plan_of(tmp_path / "train.tsv", text, "srgnn")
    times = [s.event.timestamp_ms for s in plan.events(0)]
    assert times == [0, 1_000, 2_000]
    assert plan.newest_ms == 2_000
    assert [s.event.user_id for s in plan.events(0)] == ["s0", "s0", "s1"]


def test_a_long_file_without_times_stays_within_the_days_that_count() -> None:
    assert spacing_ms(10) == 1_000
    assert spacing_ms(10_000_000) * 10_000_000 < 14 * 86_400_000
    assert spacing_ms(0) == 1_000


@pytest.mark.parametrize("rows_in_memory", [1, 3, 100])
def test_the_order_does_not_depend_on_the_memory(rows_in_memory: int) -> None:
    times = [5, 3, 9, 3, 1, 7, 3, 8]
    rows = [
        MappedRow(line, "", time_ms, NewEvent("u", "i", "view"), None)
        for line, time_ms in enumerate(times)
    ]
    ordered = list(in_time_order(rows, rows_in_memory))
    assert ordered == sorted(rows, key=lambda row: (row.time_ms, row.line))
