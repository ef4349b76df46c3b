"""What a reader has themselves added, where nothing is left but that."""

import numpy as np
import pytest

from service.echo import take_echo_from
from service.interest import Interest
from service.neighbourhoods import Neighbourhood, WeightedItems, entries_of
from service.numbering import ItemNumbers
from service.own_session import own_session
from service.strategies import ROW, SOURCES

READ_MS = 5_000


def near(total: float, numbers: ItemNumbers) -> Neighbourhood:
    """Of an item after which b was viewed, as a share of that total."""
    items = WeightedItems(numbers.numbers("b"), np.array([1.0]), total=total, ahead=1)
    lists = {"sequence": items, "co_view": items}
    return Neighbourhood(lists, entries_of(lists), READ_MS, READ_MS, 0, 1.0, 0, {})


@pytest.mark.parametrize("total", [0.0, 12.0])
def test_a_total_that_is_all_ones_own_leaves_nothing(total: float) -> None:
    """0 is what is left of it when a generation has passed, 12 the one session."""
    numbers = ItemNumbers()
    interest = Interest(
        (("a", 1.0),), ("a", "b"), frozenset(), "b", own=own_session([("a", 1), ("b", 2)])
    )
    factors = np.ones((1, len(SOURCES)))
    echo = take_echo_from(factors, interest, [near(total, numbers)], numbers)
    assert [factors[0, ROW[source]] for source in ("sequence", "co_view", "walk")] == [0, 0, 1]
    assert len(echo)
    assert not echo.amounts.any()


def test_of_two_sessions_the_other_one_counts_twice_as_much() -> None:
    numbers = ItemNumbers()
    interest = Interest(
        (("a", 1.0),), ("a", "b"), frozenset(), "b", own=own_session([("a", 1), ("b", 2)])
    )
    factors = np.ones((2, len(SOURCES)))
    echo = take_echo_from(factors, interest, [near(24.0, numbers)], numbers)
    assert factors[0, ROW["co_view"]] == 2.0
    assert factors[1].tolist() == [1.0] * len(SOURCES)  # of a whole list
    assert echo.amounts.tolist() == [1.0, 1.0]
