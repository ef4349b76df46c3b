"""Candidates are what a dictionary of sums would hold, only faster."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.candidates import (
    Candidates,
    Evidence,
    gather,
    part_by_act,
    shortlist,
    silence,
    strongest_steps,
)
from scoring.entries import NO_ECHO, Echo, Entries
from scoring.scratch import Scratch
from scoring.types import IntArray, RowArray

SOURCES = 3


def ids(*numbers: int) -> IntArray:
    return np.array(numbers, dtype=np.int32)


def row(*numbers: int) -> RowArray:
    return np.array(numbers, dtype=np.int8)


@dataclass(frozen=True)
class Said:
    """What one list says: (source, item, weight)s, and by how much each source of it counts."""

    entries: tuple[tuple[int, int, float], ...]
    factors: tuple[float, ...] = (1.0,) * SOURCES
    act: int = -1

    @property
    def arrays(self) -> Entries:
        rows, items, weights = zip(*self.entries, strict=True) if self.entries else ((), (), ())
        values = np.array(weights, dtype=np.float64)
        return Entries(ids(*items), row(*rows), values, row(*[0] * len(rows)))


def says(source: int, weights: dict[int, float], factor: float = 1.0, act: int = -1) -> Said:
    entries = tuple((source, item, weight) for item, weight in weights.items())
    return Said(entries, (factor,) * SOURCES, act)


def evidence_of(said: Sequence[Said], steps: int | None = None) -> Evidence:
    factors = np.array([one.factors for one in said]).reshape(-1, SOURCES)
    lists, acts = [one.arrays for one in said], [one.act for one in said]
    return Evidence(lists, factors, len(said) if steps is None else steps, acts)


def gathered(*said: Said, steps: int | None = None) -> Candidates:
    return gather(evidence_of(said, steps), Scratch(4))


@st.composite
def drawn_said(draw: st.DrawFn) -> Said:
    entry = st.tuples(st.integers(0, SOURCES - 1), st.integers(0, 40), st.integers(-2, 8))
    factor = st.sampled_from([0.0, 0.25, 1.0, 3.0])
    return Said(
        tuple(draw(st.lists(entry, max_size=12))),
        draw(st.tuples(*[factor] * SOURCES)),
        draw(st.integers(-1, 1)),
    )


much = st.lists(drawn_said(), max_size=8)


def reference(said: Sequence[Said]) -> dict[int, list[float]]:
    sums: dict[int, list[float]] = defaultdict(lambda: [0.0] * SOURCES)
    for one in said:
        for source, item, weight in one.entries:
            sums[item][source] += weight * one.factors[source]
    return dict(sums)


def as_dict(candidates: Candidates) -> dict[int, list[float]]:
    return dict(zip(candidates.ids.tolist(), candidates.raw.T.tolist(), strict=True))


def reference_shortlist(sums: dict[int, list[float]], count: int, keep: list[int]) -> set[int]:
    chosen = set(keep)
    for source in range(SOURCES):
        positive = [item for item in sums if sums[item][source] > 0]
        chosen.update(sorted(positive, key=lambda item: (-sums[item][source], item))[:count])
    return chosen


@given(much)
def test_gathering_equals_a_dictionary_of_sums(said: list[Said]) -> None:
    candidates = gathered(*said)
    assert as_dict(candidates) == reference(said)
    assert len(candidates) == len(set(candidates.ids.tolist()))


@given(much.flatmap(lambda said: st.tuples(st.just(said), st.permutations(said))))
def test_the_order_of_the_evidence_does_not_matter(orders: tuple[list[Said], list[Said]]) -> None:
    one, other = (shortlist(gathered(*order), 3) for order in orders)
    assert as_dict(one) == as_dict(other)


@given(much, st.integers(0, 6), st.lists(st.integers(0, 60), max_size=5))
def test_the_shortlist_is_the_union_of_each_sources_best(
    said: list[Said], count: int, keep: list[int]
) -> None:
    sums = reference(said)
    short = shortlist(gathered(*said), count, ids(*keep))
    assert set(short.ids.tolist()) == reference_shortlist(sums, count, keep)
    assert as_dict(short) == {item: sums.get(item, [0.0] * SOURCES) for item in as_dict(short)}
    assert len(short) == len(as_dict(short))


some = st.lists(st.integers(0, 3000) | st.integers(0, 40), max_size=10)


@given(much, some, some)
def test_silencing_takes_just_what_is_said_of_some(
    said: list[Said], banned: list[int], quiet: list[int]
) -> None:
    before, expected = gathered(*said), reference(said)
    left = silence(before, ids(*banned), Scratch(4), 1, ids(*quiet))
    for item, scores in expected.items():
        if item in banned:
            scores[:] = [0.0] * SOURCES
        if item in quiet:
            scores[1] = 0.0
    assert as_dict(left) == expected
    assert as_dict(before) == reference(said)


def test_no_evidence_gives_no_candidates() -> None:
    candidates = gathered()
    assert len(candidates) == 0
    assert candidates.raw.shape == (SOURCES, 0)
    assert shortlist(candidates, 5, ids(7)).ids.tolist() == [7]


def test_ties_at_the_cut_go_to_the_smaller_id() -> None:
    tied = gathered(says(0, dict.fromkeys([9, 2, 7, 4], 1.0)))
    assert sorted(shortlist(tied, 2).ids.tolist()) == [2, 4]


def test_an_item_without_a_positive_score_is_not_shortlisted() -> None:
    silent = gathered(says(0, {1: 5.0, 2: 0.0}), says(1, {3: 1.0}, factor=0.0))
    assert shortlist(silent, 10).ids.tolist() == [1]


def test_a_silent_source_names_nothing_but_speaks_for_what_others_name() -> None:
    both = gathered(says(0, {1: 5.0, 2: 3.0}), says(1, {2: 1.0}))
    short = shortlist(both, 10, silent=[0])
    assert as_dict(short) == {2: [3.0, 1.0, 0.0]}


def strongest(candidates: Candidates, item: int, source: int) -> int:
    place = candidates.ids.tolist().index(item)
    return strongest_steps(candidates, ids(place), ids(source))[0]


def test_the_strongest_step_is_named() -> None:
    weak, strong = says(1, {4: 1.0}), says(1, {4: 2.0, 5: 9.0}, factor=1.5)
    assert strongest(gathered(weak, strong, says(0, {4: 50.0})), 4, source=1) == 1


def test_it_still_is_after_the_list_was_shortened() -> None:
    found = gathered(says(0, {1: 1.0, 2: 3.0}), says(0, {2: 1.0, 3: 9.0}))
    left = shortlist(silence(found, ids(3), Scratch(), 0, ids()))
    assert strongest(left, 2, source=0) == 0


def test_of_equals_the_more_recent_item_is_named() -> None:
    assert strongest(gathered(says(0, {1: 1.0}), says(0, {1: 1.0})), 1, source=0) == 0


def test_behind_a_kept_item_and_a_whole_list_there_is_no_step() -> None:
    found = shortlist(gathered(says(0, {1: 1.0}), says(1, {1: 9.0}), steps=1), 5, ids(2))
    assert [strongest(found, 2, 0), strongest(found, 1, 1), strongest(found, 1, 0)] == [-1, -1, 0]


@given(st.lists(drawn_said(), min_size=1, max_size=8))
def test_the_strongest_step_is_what_a_loop_over_all_evidence_finds(said: list[Said]) -> None:
    candidates = gathered(*said)
    places = list(range(len(candidates)))
    sources = [place % SOURCES for place in places]
    found = strongest_steps(candidates, ids(*places), ids(*sources))
    for item, source, step in zip(candidates.ids.tolist(), sources, found, strict=True):
        gains = [
            sum(w * one.factors[row] for row, i, w in one.entries if (row, i) == (source, item))
            for one in said
        ]
        if step < 0:
            assert not any(gain > 0 for gain in gains)
        else:
            assert gains[step] == pytest.approx(max(gains))


def test_the_part_of_an_act_is_what_its_evidence_says_of_the_same_candidates() -> None:
    bought, viewed = says(0, {1: 2.0, 2: 1.0}, act=1), says(0, {2: 4.0, 3: 8.0})
    found = shortlist(gathered(bought, viewed), 5, ids(9))
    part = part_by_act(found, 1)
    assert part is not None
    expected = {1: 2.0, 2: 1.0, 3: 0.0, 9: 0.0}
    assert dict(zip(found.ids.tolist(), part[0].tolist(), strict=True)) == expected
    assert part_by_act(found, 0) is None


@given(st.lists(drawn_said(), min_size=1, max_size=8))
def test_the_part_of_an_act_is_what_is_gathered_from_its_evidence_alone(said: list[Said]) -> None:
    found = gathered(*said)
    alone = reference([one for one in said if one.act == 1])
    part = part_by_act(found, 1)
    if part is None:
        assert not any(one.act == 1 for one in said)
        return
    expected = [alone.get(item, [0.0] * SOURCES) for item in found.ids.tolist()]
    assert part.T.tolist() == expected


def echoed(entries: Entries, parts: RowArray, items: IntArray, amount: float) -> Candidates:
    """What is left in source 0 without an echo of so much of each of these items."""
    none, amounts = [0] * len(items), np.full(len(items), amount)
    echo = Echo(ids(*none), parts, row(*none), items, amounts)
    return gather(Evidence([entries], np.ones((1, SOURCES)), 1, [-1], echo), Scratch())


def test_an_echo_is_taken_away_where_its_list_says_something() -> None:
    """Of item 1 its list says something of the echo's kind, of 2 only of another kind, of 3 nothing."""
    entries = Entries(ids(1, 2), row(0, 0), np.array([5.0, 7.0]), row(1, 2))
    found = echoed(entries, row(1, 1, 1), ids(1, 2, 3), 2.0)
    assert {item: raw[0] for item, raw in as_dict(found).items()} == {1: 3.0, 2: 7.0, 3: 0.0}


def test_what_is_all_echo_comes_to_nothing() -> None:
    entries = Entries(ids(1), row(0), np.array([3 * (1 / 3)]), row(1))
    assert not echoed(entries, row(1, 1, 1), ids(1, 1, 1), 1 / 3).raw.any()


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2)), max_size=6),
        min_size=1,
        max_size=4,
    ),
    st.lists(
        st.tuples(
            st.integers(0, 3), st.integers(1, 2), st.integers(0, SOURCES - 1), st.integers(0, 12)
        ),
        max_size=12,
    ),
)
def test_an_echo_is_what_a_loop_over_lists_and_parts_takes_away(
    said: list[list[tuple[int, int]]], echoes: list[tuple[int, int, int, int]]
) -> None:
    """Lists of (item, part) in source 0, each worth 5; echoes of (list, part, source, item), each worth 2."""
    echoes = [one for one in echoes if one[0] < len(said)]
    lists = [
        Entries(
            ids(*[i for i, _ in one]),
            row(*[0] * len(one)),
            np.full(len(one), 5.0),
            row(*[p for _, p in one]),
        )
        for one in said
    ]
    echo = NO_ECHO
    if echoes:
        of, parts, sources, items = zip(*echoes, strict=True)
        amounts = np.full(len(echoes), 2.0)
        echo = Echo(ids(*of), row(*parts), row(*sources), ids(*items), amounts)
    factors = np.ones((len(said), SOURCES))
    found = gather(Evidence(lists, factors, len(said), [-1] * len(said), echo), Scratch(4))
    expected: dict[int, list[float]] = {}
    for one in said:
        for item, _ in one:
            expected.setdefault(item, [0.0] * SOURCES)[0] += 5.0
    for number, part, source, item in echoes:
        if (item, part) in said[number]:
            expected[item][source] -= 2.0
        expected.setdefault(item, [0.0] * SOURCES)
    assert as_dict(found) == expected
