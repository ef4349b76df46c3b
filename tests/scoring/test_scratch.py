"""Finding and renumbering ids: what dictionaries would do, whatever earlier calls left behind."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.scratch import Scratch
from scoring.types import IntArray


def ids(*numbers: int) -> IntArray:
    return np.array(numbers, dtype=np.int32)


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
    which, at = scratch.found(ids(*wanted), ids(*among))
    assert which.tolist() == [n for n, place in enumerate(expected) if place >= 0]
    assert at.tolist() == [place for place in expected if place >= 0]


@pytest.mark.parametrize("size", [1, 1024])
def test_a_scratch_grows_to_the_ids_it_meets(size: int) -> None:
    distinct, inverse = Scratch(size).renumber(ids(100_000, 3, 100_000))
    assert distinct.tolist() == [100_000, 3]
    assert inverse.tolist() == [0, 1, 0]


@pytest.mark.parametrize("count", [0, 3, 5_000])
def test_places_count_from_nothing(count: int) -> None:
    assert Scratch().places(count).tolist() == list(range(count))
