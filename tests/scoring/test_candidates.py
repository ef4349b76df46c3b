"""Candidates are what a dictionary of sums would hold, only faster."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.candidates import (
    Candidates,
    Evidence,
    Scratch,
    drop,
    gather,
    part_by_act,
    shortlist,
    silenced,
    steps_since_seen,
    strongest_evidence,
    times_seen,
)
from scoring.types import IntArray

SOURCES = 3


def ids(*numbers: int) -> IntArray:
    return np.array(numbers, dtype=np.int32)


def says(source: int, step: int, weights: dict[int, float], factor: float = 1.0) -> Evidence:
    values = np.array(list(weights.values()), dtype=np.float64)
    return Evidence(source, step, ids(*weights), values, factor)


@st.composite
def evidence(draw: st.DrawFn) -> Evidence:
    named = draw(st.lists(st.integers(0, 40), max_size=12))
    weights = draw(st.lists(st.integers(-2, 8), min_size=len(named), max_size=len(named)))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    return Evidence(
        source=draw(st.integers(0, SOURCES - 1)),
        step=draw(st.integers(-1, 5)),
        ids=ids(*named),
        weights=np.array(weights, dtype=dtype),
        factor=draw(st.sampled_from([0.0, 0.25, 1.0, 3.0])),
    )


def reference(given_evidence: list[Evidence]) -> dict[int, list[float]]:
    sums: dict[int, list[float]] = defaultdict(lambda: [0.0] * SOURCES)
    for e in given_evidence:
        for item, weight in zip(e.ids.tolist(), e.weights.tolist(), strict=True):
            sums[item][e.source] += weight * e.factor
    return dict(sums)


def as_dict(candidates: Candidates) -> dict[int, list[float]]:
    return dict(zip(candidates.ids.tolist(), candidates.raw.T.tolist(), strict=True))


def reference_shortlist(sums: dict[int, list[float]], count: int, keep: list[int]) -> set[int]:
    chosen = set(keep)
    for source in range(SOURCES):
        positive = [item for item in sums if sums[item][source] > 0]
        chosen.update(sorted(positive, key=lambda item: (-sums[item][source], item))[:count])
    return chosen


@given(st.lists(evidence(), max_size=8))
def test_gathering_equals_a_dictionary_of_sums(given_evidence: list[Evidence]) -> None:
    candidates = gather(given_evidence, SOURCES, Scratch(4))
    assert as_dict(candidates) == reference(given_evidence)
    assert len(candidates) == len(set(candidates.ids.tolist()))


@given(
    st.lists(evidence(), max_size=8).flatmap(lambda es: st.tuples(st.just(es), st.permutations(es)))
)
def test_the_order_of_the_evidence_does_not_matter(
    orders: tuple[list[Evidence], list[Evidence]],
) -> None:
    scratch = Scratch(4)
    one, other = (shortlist(gather(order, SOURCES, scratch), 3) for order in orders)
    assert as_dict(one) == as_dict(other)


@given(
    st.lists(evidence(), max_size=8), st.integers(0, 6), st.lists(st.integers(0, 60), max_size=5)
)
def test_the_shortlist_is_the_union_of_each_sources_best(
    given_evidence: list[Evidence], count: int, keep: list[int]
) -> None:
    sums = reference(given_evidence)
    short = shortlist(gather(given_evidence, SOURCES, Scratch()), count, ids(*keep))
    assert set(short.ids.tolist()) == reference_shortlist(sums, count, keep)
    assert as_dict(short) == {item: sums.get(item, [0.0] * SOURCES) for item in as_dict(short)}
    assert len(short) == len(as_dict(short))


@given(st.lists(evidence(), max_size=8), st.lists(st.integers(0, 3000), max_size=10))
def test_dropping_removes_just_the_banned(
    given_evidence: list[Evidence], banned: list[int]
) -> None:
    scratch = Scratch(4)
    left = drop(gather(given_evidence, SOURCES, scratch), ids(*banned), scratch)
    expected = {k: v for k, v in reference(given_evidence).items() if k not in banned}
    assert as_dict(left) == expected


def test_no_evidence_gives_no_candidates() -> None:
    candidates = gather([], SOURCES, Scratch())
    assert len(candidates) == 0
    assert candidates.raw.shape == (SOURCES, 0)
    assert shortlist(candidates, 5, ids(7)).ids.tolist() == [7]


def test_ties_at_the_cut_go_to_the_smaller_id() -> None:
    tied = gather([says(0, 0, dict.fromkeys([9, 2, 7, 4], 1.0))], SOURCES, Scratch())
    assert sorted(shortlist(tied, 2).ids.tolist()) == [2, 4]


def test_an_item_without_a_positive_score_is_not_shortlisted() -> None:
    silent = gather([says(0, 0, {1: 5.0, 2: 0.0}), says(1, 0, {3: 1.0}, factor=0.0)], 2, Scratch())
    assert shortlist(silent, 10).ids.tolist() == [1]


def test_a_silent_source_names_nothing_but_speaks_for_what_others_name() -> None:
    both = gather([says(0, 0, {1: 5.0, 2: 3.0}), says(1, 0, {2: 1.0})], 2, Scratch())
    short = shortlist(both, 10, silent=[0])
    assert as_dict(short) == {2: [3.0, 1.0]}


@given(st.lists(st.integers(0, 5000), max_size=30))
def test_renumbering_follows_the_first_appearance(numbers: list[int]) -> None:
    distinct, inverse = Scratch(1).renumber(ids(*numbers))
    assert distinct.tolist() == list(dict.fromkeys(numbers))
    assert distinct[inverse].tolist() == numbers


@given(st.lists(st.integers(0, 50), max_size=20), st.lists(st.integers(0, 80), max_size=20))
def test_finding_answers_the_first_place_or_minus_one(wanted: list[int], among: list[int]) -> None:
    scratch = Scratch(1)
    scratch.renumber(ids(*range(80, 0, -1)))  # what an earlier request left behind
    expected = [among.index(item) if item in among else -1 for item in wanted]
    assert scratch.find(ids(*wanted), ids(*among)).tolist() == expected
    assert scratch.held(ids(*wanted), ids(*among)).tolist() == [item in among for item in wanted]


def test_the_last_item_was_seen_one_step_ago_and_a_stranger_never() -> None:
    assert steps_since_seen(ids(5, 8, 1), ids(8, 5), Scratch()).tolist() == [2, 1, 0]


def test_the_strongest_evidence_is_named() -> None:
    weak, strong = says(1, 0, {4: 1.0}), says(1, 1, {4: 2.0, 5: 9.0}, factor=1.5)
    elsewhere = says(0, 2, {4: 50.0})
    candidates = gather([weak, strong, elsewhere], 2, Scratch())
    index = candidates.ids.tolist().index(4)
    assert strongest_evidence(candidates, [index], [1], Scratch()) == [strong]


def test_evidence_still_names_the_right_item_after_the_list_was_shortened() -> None:
    first, second = says(0, 0, {1: 1.0, 2: 3.0}), says(0, 1, {2: 1.0, 3: 9.0})
    scratch = Scratch()
    left = drop(shortlist(gather([first, second], 1, scratch)), ids(3), scratch)
    assert strongest_evidence(left, [left.ids.tolist().index(2)], [0], scratch) == [first]


def test_equal_evidence_is_credited_to_the_more_recent_item() -> None:
    older, newer = says(0, 3, {1: 1.0}), says(0, 0, {1: 1.0})
    candidates = gather([older, newer], 1, Scratch())
    assert strongest_evidence(candidates, [0], [0], Scratch()) == [newer]


def test_a_kept_item_has_no_evidence() -> None:
    kept = shortlist(gather([says(0, 0, {1: 1.0})], 1, Scratch()), 5, ids(2))
    assert strongest_evidence(kept, [kept.ids.tolist().index(2)], [0], Scratch()) == [None]


@given(st.lists(evidence(), min_size=1, max_size=8))
def test_the_strongest_evidence_is_what_a_loop_over_all_evidence_finds(
    drawn: list[Evidence],
) -> None:
    candidates = gather(drawn, SOURCES, Scratch())
    places = list(range(len(candidates)))
    sources = [place % SOURCES for place in places]
    found = strongest_evidence(candidates, places, sources, Scratch())
    for item, source, strongest in zip(candidates.ids, sources, found, strict=True):
        gains: dict[int, float] = defaultdict(float)
        for e in drawn:
            if e.source == source:
                gains[e.step] += e.factor * float(e.weights[e.ids == item].sum())
        if strongest is None:
            assert not any(gain > 0 for gain in gains.values())
        else:
            assert strongest.source == source
            assert gains[strongest.step] == pytest.approx(max(gains.values()))


@pytest.mark.parametrize("size", [1, 1024])
def test_a_scratch_grows_to_the_ids_it_meets(size: int) -> None:
    distinct, inverse = Scratch(size).renumber(ids(100_000, 3, 100_000))
    assert distinct.tolist() == [100_000, 3]
    assert inverse.tolist() == [0, 1, 0]


def test_the_part_of_an_act_is_what_its_evidence_says_of_the_same_candidates() -> None:
    scratch = Scratch()
    bought, viewed = replace(says(0, 0, {1: 2.0, 2: 1.0}), act=1), says(0, 1, {2: 4.0, 3: 8.0})
    found = gather([bought, viewed], 2, scratch)
    part = part_by_act(found, 1, scratch)
    assert part is not None
    assert dict(zip(found.ids.tolist(), part[0].tolist(), strict=True)) == {1: 2.0, 2: 1.0, 3: 0.0}
    assert part_by_act(found, 0, scratch) is None


def test_a_silenced_source_says_nothing_of_some_and_the_others_go_on() -> None:
    scratch = Scratch()
    found = gather([says(0, 0, {1: 2.0, 2: 1.0}), says(1, 0, {1: 3.0})], 2, scratch)
    quiet = silenced(found, 0, ids(1, 9), scratch)
    assert as_dict(quiet) == {1: [0.0, 3.0], 2: [1.0, 0.0]}
    assert as_dict(found) == {1: [2.0, 3.0], 2: [1.0, 0.0]}


def test_how_often_each_was_seen() -> None:
    scratch = Scratch()
    assert times_seen(ids(5, 8, 1), ids(8, 5, 8), scratch).tolist() == [1, 2, 0]
    assert times_seen(ids(5), ids(), scratch).tolist() == [0]
