"""Sessions, what is asked of them, and which part of a log is what."""

from dataclasses import replace

import pytest

from service.evaluation.options import PRODUCT, Options
from service.evaluation.questions import Touch, questions_of, sessions_of, without_repeats
from service.evaluation.readers import Log
from service.evaluation.splits import held_out, lessons_of
from service.evaluation.timeline import timeline_of
from service.model import NewEvent
from service.settings import DAY_S
from tests.service.logs import asked, clicks


def view(user: str, item: str, at_s: int, session: str | None = None) -> NewEvent:
    return NewEvent(user, item, "view", timestamp_ms=at_s * 1000, session_id=session)


def test_a_pause_ends_a_session_of_a_user() -> None:
    events = [view("u", "a", 0), view("v", "b", 5), view("u", "c", 1_800), view("u", "d", 3_601)]
    assert [[e.item_id for e in s] for s in sessions_of(events, 1_800)] == [
        ["a", "c"],
        ["b"],
        ["d"],
    ]


def test_a_session_that_the_file_names_is_not_torn_apart() -> None:
    events = [view("u", "a", 0, "1"), view("u", "b", 9_999, "1"), view("u", "c", 9_999, "2")]
    assert [[e.item_id for e in s] for s in sessions_of(events, None)] == [["a", "b"], ["c"]]


def test_what_touches_nothing_is_not_in_a_session() -> None:
    dislike = NewEvent("u", "x", "dislike", timestamp_ms=0)
    assert sessions_of([dislike, view("u", "a", 1)], 60) == [[view("u", "a", 1)]]


def test_every_prefix_of_a_session_asks_for_what_comes_next_and_later() -> None:
    found = [
        ("".join(t.item for t in q.before), "".join(q.wanted), q.cluster)
        for q in asked("aab", "c", "de")
    ]
    assert found == [("a", "ab", 0), ("aa", "b", 0), ("d", "e", 2)]


def test_the_product_is_not_asked_for_the_item_that_one_looks_at() -> None:
    found = [
        ("".join(t.item for t in q.before), q.wanted) for q in asked("aabba", keep_repeats=False)
    ]
    assert found == [("a", ("b", "a")), ("ab", ("a",))]


def test_of_acts_on_one_item_in_a_row_the_first_is_kept() -> None:
    touches = [Touch("a"), Touch("a", "purchase"), Touch("b"), Touch("a")]
    assert without_repeats(touches) == [Touch("a"), Touch("b"), Touch("a")]
    assert questions_of([touches[:2]], keep_repeats=False) == []


def test_the_last_sessions_can_be_held_out() -> None:
    log, sessions = held_out(clicks(*["ab"] * 9, "xyz"), 0.1)
    assert len(log.events) == 18
    assert [[e.item_id for e in session] for session in sessions] == [["x", "y", "z"]]


def test_one_learns_from_all_but_the_first_events_of_the_last_sessions() -> None:
    before, lessons = lessons_of(clicks(*["ab"] * 9, "xyy"), Options(valid_share=0.1))
    assert len(before) == 18
    assert [e.item_id for e in lessons.events] == ["x", "y", "y"]
    assert sorted(lessons.labels) == [1, 2]


def test_a_session_that_began_earlier_is_recorded_but_not_learned_from() -> None:
    log = Log(
        [view("u", "a", 0), view("v", "x", 1), view("u", "b", 2), view("v", "y", 3)], gap_s=60
    )
    before, lessons = lessons_of(log, Options(valid_share=0.5))
    assert [e.item_id for e in before] == ["a"]
    assert [e.item_id for e in lessons.events] == ["x", "b", "y"]
    assert lessons.labels == {2}


def test_the_product_does_not_learn_from_repeats() -> None:
    _, lessons = lessons_of(clicks("ab", "xyy"), Options(rules=PRODUCT, valid_share=0.5))
    assert lessons.labels == {1}


def test_labels_are_drawn_by_the_seed() -> None:
    log = clicks(*["abcdef"] * 10)

    def drawn(seed: int) -> object:
        return lessons_of(log, Options(valid_share=0.5, labels=5, seed=seed))[1].labels

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert len(lessons_of(log, Options(valid_share=0.5, labels=5))[1].labels) == 5


def test_nothing_is_learned_where_nothing_is_set_aside() -> None:
    log = clicks("ab")
    before, lessons = lessons_of(log, Options(valid_share=0.0))
    assert list(before) == list(log.events)
    assert not lessons.events


def test_a_log_lies_in_one_generation_and_keeps_its_pauses() -> None:
    log = Log([view("u", "a", 1_000_000), view("u", "b", 1_000_000 + 30 * DAY_S)], gap_s=1_800)
    timeline = timeline_of(log)
    first, last = (timeline.at(event.timestamp_ms or 0) for event in log.events)
    assert (timeline.scale, timeline.gap_s) == (1.0, 1_800)
    assert last - first == 30 * DAY_S * 1000
    assert first % (timeline.event_ttl_s * 1000) == 0
    assert last // (timeline.event_ttl_s * 1000) == first // (timeline.event_ttl_s * 1000)


def test_no_pause_within_a_named_session_is_longer_than_the_gap() -> None:
    log = Log([view("u", "a", 0, "1"), view("u", "b", 1, "2"), view("u", "c", 5_000, "1")])
    assert timeline_of(log).gap_s == 5_001


@pytest.mark.parametrize(
    ("end_s", "session"), [(800 * DAY_S, None), (4 * DAY_S, "1")], ids=["long log", "long pause"]
)
def test_what_is_too_long_is_shrunk_evenly(end_s: int, session: str | None) -> None:
    events = [
        view("u", "a", 0, session),
        view("u", "b", end_s // 2, None),
        view("u", "c", end_s, session),
    ]
    log = Log(events, gap_s=None if session else 1_800)
    timeline = timeline_of(log)
    first, middle, last = (timeline.at(event.timestamp_ms or 0) for event in events)
    assert timeline.scale < 1
    assert timeline.event_ttl_s <= 400 * DAY_S
    assert middle - first == pytest.approx(last - middle, abs=1)
    assert last // (timeline.event_ttl_s * 1000) == first // (timeline.event_ttl_s * 1000)
    assert session is None or (last - first) / 1000 <= timeline.gap_s <= DAY_S


def test_an_order_without_times_is_kept() -> None:
    log = clicks("ab", "ca")
    timeline = timeline_of(log)
    places = [timeline.at(event.timestamp_ms or 0) - timeline.start_ms for event in log.events]
    assert places == [0, 1_000, 2_000, 3_000]
    assert timeline_of(replace(log, events=log.events[:1])).scale == 1.0
