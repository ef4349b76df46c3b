"""The table numbers sessions, keeps the newest items and lets the oldest go."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scoring.session_table import SessionTable
from scoring.types import IntArray


def ids(*numbers: int) -> IntArray:
    return np.array(numbers, dtype=np.int32)


def contents(table: SessionTable, *keys: str) -> list[list[int]]:
    numbers = ids(*[table.intern(key) for key in keys])
    sessions = table.sessions(numbers)
    parts = np.split(sessions.items, np.cumsum(sessions.lengths)[:-1])
    return [part.tolist() for part in parts]


def test_a_session_keeps_its_number() -> None:
    table = SessionTable()
    first = table.intern("a")
    table.intern("b")
    assert table.put("a", ids(1)) == first == table.number("a")
    assert table.key(first) == "a"
    assert len(table) == 2


def test_a_session_without_a_number_is_unknown() -> None:
    assert SessionTable().number("a") is None


def test_a_number_alone_holds_no_items() -> None:
    table = SessionTable()
    table.put("known", ids(4, 5))
    table.intern("named")
    assert contents(table, "named", "known", "named") == [[], [4, 5], []]
    assert table.knows(ids(0, 1)).tolist() == [True, False]


def test_a_later_put_replaces_the_items() -> None:
    table = SessionTable()
    table.put("a", ids(1))
    table.put("b", ids(9))
    table.put("a", ids(1, 2, 3))
    assert contents(table, "a", "b") == [[1, 2, 3], [9]]


def test_of_a_repeated_item_the_last_place_is_kept() -> None:
    table = SessionTable()
    table.put("a", ids(1, 2, 1, 3, 2))
    assert contents(table, "a") == [[1, 3, 2]]


def test_the_oldest_items_give_way_to_new_ones() -> None:
    table = SessionTable(items=4)
    table.put("old", ids(1, 2))
    table.put("mid", ids(3, 4))
    table.put("new", ids(5))
    assert contents(table, "old", "mid", "new") == [[], [3, 4], [5]]


def test_the_oldest_number_is_handed_on() -> None:
    table = SessionTable(sessions=2)
    for key, item in (("a", 1), ("b", 2), ("c", 3)):
        table.put(key, ids(item))
    assert table.number("a") is None
    assert contents(table, "b", "c") == [[2], [3]]
    assert table.key(0) == "c"


def test_a_number_handed_on_does_not_bring_the_former_items_along() -> None:
    table = SessionTable(sessions=1)
    table.put("a", ids(1))
    assert contents(table, "b") == [[]]


def test_a_forgotten_session_leaves_nothing() -> None:
    table = SessionTable(sessions=2)
    number = table.put("a", ids(1))
    table.forget("a")
    table.forget("never seen")
    assert table.number("a") is None
    assert not table.knows(ids(number)).any()


def test_a_forgotten_session_that_returns_keeps_its_new_number() -> None:
    table = SessionTable(sessions=2)
    table.intern("a")
    table.forget("a")
    assert table.intern("a") == 1
    table.intern("b")  # takes the first number, which once was the session's
    assert table.number("a") == 1


@given(
    st.lists(st.tuples(st.integers(0, 6), st.lists(st.integers(0, 99), max_size=5)), max_size=30)
)
def test_what_is_known_is_what_was_put_last(puts: list[tuple[int, list[int]]]) -> None:
    table = SessionTable(items=8, sessions=3)
    last: dict[str, list[int]] = {}
    for name, items in puts:
        table.put(str(name), ids(*items))
        last[str(name)] = list(dict.fromkeys(items[::-1]))[::-1]
    for key, items in last.items():
        if table.number(key) is not None:
            assert contents(table, key) in ([items], [[]])
    assert not puts or contents(table, str(puts[-1][0])) == [last[str(puts[-1][0])]]
