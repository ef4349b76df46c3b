"""Session kNN against the formulas written out in plain Python."""

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pytest

from scoring.scratch import Scratch
from scoring.session_knn import (
    Neighbours,
    VstanSettings,
    nearest,
    recent_distinct,
    vote,
)
from scoring.session_table import Sessions, SessionTable
from scoring.types import FloatArray, IntArray

SETTINGS = VstanSettings(neighbours=5, position_decay=3.0, step_decay=1.5, in_neighbour_decay=2.5)


def ids(*numbers: int) -> IntArray:
    return np.array(numbers, dtype=np.int32)


def vstan(
    current: IntArray,
    postings: Sequence[IntArray],
    table: SessionTable,
    settings: VstanSettings,
    own: int | None = None,
) -> tuple[IntArray, FloatArray]:
    """Both phases over what the table knows."""
    neighbours = nearest(recent_distinct(current)[1], postings, table.scratch, settings, own)
    return vote(current, neighbours, table.sessions(neighbours.numbers), table.scratch, settings)


def reference_nearest(
    current: list[int], postings: dict[int, list[int]], own: int | None
) -> list[tuple[int, float, int]]:
    """(session, similarity, step) of the k nearest, by the book."""
    steps = {item: current[::-1].index(item) + 1 for item in current}
    similarity: dict[int, float] = defaultdict(float)
    rank: dict[int, tuple[int, int]] = {}
    step_of: dict[int, int] = {}
    for item, step in sorted(steps.items(), key=lambda pair: pair[1]):
        for place, session in enumerate(postings[item]):
            similarity[session] += math.exp((1 - step) / SETTINGS.position_decay)
            rank.setdefault(session, (step, place))
            step_of.setdefault(session, step)
    similarity.pop(own if own is not None else -1, None)
    order = sorted(similarity, key=lambda s: (-round(similarity[s], 9), rank[s]))
    return [(s, similarity[s], step_of[s]) for s in order[: SETTINGS.neighbours]]


def reference_vstan(
    current: list[int], sessions: dict[int, list[int]], postings: dict[int, list[int]], own: int
) -> dict[int, float]:
    """Scores of all items the neighbours hold, by the book."""
    scores: dict[int, float] = defaultdict(float)
    for session, similarity, step in reference_nearest(current, postings, own):
        items = sessions.get(session, [])
        anchors = [place for place, item in enumerate(items) if item in current]
        for place, item in enumerate(items if anchors else []):
            scores[item] += (
                similarity
                * math.exp(-(step - 1) / SETTINGS.step_decay)
                * math.exp(-abs(place - anchors[-1]) / SETTINGS.in_neighbour_decay)
            )
    return dict(scores)


def random_world(
    rng: np.random.Generator,
) -> tuple[SessionTable, dict[int, list[int]], dict[int, list[int]]]:
    """A table, the sessions in it, and the postings; every seventh session is only named."""
    table = SessionTable()
    sessions: dict[int, list[int]] = {}
    postings: dict[int, list[int]] = defaultdict(list)
    for key in range(60):
        items = rng.permutation(15)[: rng.integers(1, 7)].tolist()
        number = table.put(key, ids(*items)) if key % 7 else table.intern(key)
        if key % 7:
            sessions[number] = items
        for item in items:
            postings[item].insert(0, number)
    return table, sessions, postings


@pytest.mark.parametrize("seed", range(25))
def test_the_scores_are_those_of_the_plain_formulas(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table, sessions, postings = random_world(rng)
    current = rng.integers(0, 15, size=rng.integers(1, 8)).tolist()
    own = int(rng.integers(60))
    wanted = recent_distinct(ids(*current))[0].tolist()
    items, scores = vstan(
        ids(*current), [ids(*postings[item]) for item in wanted], table, SETTINGS, own
    )
    expected = reference_vstan(current, sessions, postings, own)
    assert dict(zip(items.tolist(), scores.tolist(), strict=True)) == pytest.approx(expected)


def test_recent_items_come_newest_first_with_their_distance_from_the_end() -> None:
    items, steps = recent_distinct(ids(7, 3, 7, 9, 9))
    assert items.tolist() == [9, 7, 3]
    assert steps.tolist() == [1, 3, 4]


def test_a_session_that_shares_the_last_item_beats_one_that_shares_an_older() -> None:
    found = nearest(ids(1, 2), [ids(20), ids(10)], Scratch(), VstanSettings(neighbours=1))
    assert found.numbers.tolist() == [20]
    assert found.steps.tolist() == [1]
    assert found.similarities.tolist() == [1.0]


def test_of_equal_sessions_the_newer_stay() -> None:
    found = nearest(ids(1), [ids(8, 3, 9, 1)], Scratch(), VstanSettings(neighbours=2))
    assert sorted(found.numbers.tolist()) == [3, 8]


def test_the_current_session_is_no_neighbour_of_itself() -> None:
    found = nearest(ids(1), [ids(4, 5)], Scratch(), VstanSettings(), own=4)
    assert found.numbers.tolist() == [5]


def test_without_postings_there_are_no_neighbours_and_no_votes() -> None:
    scratch = Scratch()
    for postings in ([], [ids(), ids()]):
        found = nearest(ids(1, 2), postings, scratch, VstanSettings())
        assert len(found) == 0
    nothing = vote(ids(1, 2), found, Sessions(ids(), ids()), scratch, VstanSettings())
    assert [len(part) for part in nothing] == [0, 0]


def test_a_neighbour_that_shares_no_item_after_all_does_not_vote() -> None:
    handed_on = Neighbours(ids(0, 1), np.array([1.0, 1.0]), ids(1, 1))
    sessions = Sessions(ids(5, 6, 1, 2), ids(2, 2))
    items, _ = vote(ids(1), handed_on, sessions, Scratch(), VstanSettings())
    assert sorted(items.tolist()) == [1, 2]


def test_what_followed_the_shared_item_closely_scores_more() -> None:
    table = SessionTable()
    number = table.put("a", ids(1, 2, 3))
    items, scores = vstan(ids(1), [ids(number)], table, VstanSettings())
    ranked = dict(zip(items.tolist(), scores.tolist(), strict=True))
    assert ranked == pytest.approx({1: 1.0, 2: math.exp(-0.5), 3: math.exp(-1.0)})
