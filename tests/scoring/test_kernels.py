"""What is compiled does what NumPy does, and refuses what would lead it beyond an array."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring import kernels, kernels_numpy
from scoring.entries import NO_ECHO, Echo, Entries
from scoring.scratch import Scratch
from scoring.types import FloatArray, IntArray, RowArray

pytestmark = pytest.mark.compiled

SOURCES, PARTS = 3, 3
#: Few different ones, so that there are ties.
values = st.sampled_from([-1.0, 0.0, 0.5, 1.0, 1.25, 7.0])
some_ids = st.lists(st.integers(0, 20_000) | st.integers(0, 12), max_size=30)
distinct_ids = st.lists(st.integers(0, 20_000), max_size=30, unique=True)
limits = st.integers(0, 12)


def ids(numbers: list[int]) -> IntArray:
    return np.array(numbers, dtype=np.int32)


def rows(numbers: list[int]) -> RowArray:
    return np.array(numbers, dtype=np.int8)


@st.composite
def tables(draw: st.DrawFn, rows: int, columns: int) -> FloatArray:
    drawn = draw(st.lists(values, min_size=rows * columns, max_size=rows * columns))
    return np.array(drawn, dtype=np.float64).reshape(rows, columns)


#: One for each of the two, that grow, and in which each example meets what all before have left.
SCRATCHES = Scratch(4), Scratch(4)


SLOTLESS = {
    "among_best",
    "features",
    "named",
    "scored",
    "sides",
    "strongest",
    "telling",
    "top",
}


def both(name: str, *arguments: Any, used: Sequence[IntArray] | None = None) -> tuple[Any, Any]:
    """What both make of it. `used`: the ids that they meet; the first argument unless given."""
    compiled, plain = getattr(kernels, name), getattr(kernels_numpy, name)
    if name in SLOTLESS:
        return compiled(*arguments), plain(*arguments)
    ids = [arguments[0]] if used is None else used
    return (
        SCRATCHES[0].use(ids, lambda slot: compiled(*arguments, slot)),
        SCRATCHES[1].use(ids, lambda slot: plain(*arguments, slot)),
    )


def assert_same(compiled: Any, plain: Any) -> None:
    if not isinstance(plain, tuple):
        compiled, plain = (compiled,), (plain,)
    assert len(compiled) == len(plain)
    for one, other in zip(compiled, plain, strict=True):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=0)


def by_id(found: tuple[Any, ...]) -> tuple[Any, ...]:
    """In the order of the first array, where the order carries no meaning."""
    order = np.argsort(found[0])
    return tuple(column[order] for column in found)


@given(some_ids)
def test_renumbering(numbers: list[int]) -> None:
    assert_same(*both("renumber", ids(numbers)))


@given(some_ids, some_ids)
def test_finding(among: list[int], wanted: list[int]) -> None:
    assert_same(*both("found", ids(among), ids([*wanted, -1, 1_000_000])))


def entries(data: st.DataObject, size: int, least_part: int = 0) -> Entries:
    """What a list may say; weights in both precisions that there are."""

    def drawn(least: int, most: int) -> list[int]:
        return data.draw(st.lists(st.integers(least, most), min_size=size, max_size=size))

    weights = data.draw(tables(1, size))[0].astype(data.draw(st.sampled_from(["f4", "f8"])))
    sources, parts = rows(drawn(0, SOURCES - 1)), rows(drawn(least_part, PARTS - 1))
    return Entries(ids(drawn(0, 9)), sources, weights, parts)


def echo_of(data: st.DataObject, size: int, lists: int) -> Echo:
    """What of as many lists may be a reader's own."""
    said = entries(data, size, least_part=1)
    spoken = data.draw(st.lists(st.integers(0, lists - 1), min_size=size, max_size=size))
    return Echo(ids(spoken), said.parts, said.sources, said.ids, said.weights.astype(np.float64))


@given(st.data())
def test_gathering(data: st.DataObject) -> None:
    lists = [entries(data, size) for size in data.draw(st.lists(st.integers(0, 8), max_size=5))]
    echo = echo_of(data, data.draw(st.integers(0, 6)), len(lists)) if lists else NO_ECHO
    factors = data.draw(tables(len(lists), SOURCES))
    assert_same(
        *both("gathered", lists, factors, echo, used=[*[one.ids for one in lists], echo.ids])
    )


@given(st.lists(st.sampled_from("abcd"), unique=True), st.data())
def test_what_a_reader_has_added(items: list[str], data: st.DataObject) -> None:
    name, weight = st.sampled_from("abcdef"), st.sampled_from([3.0, 4.0, 6.0, 12.0])
    pairs = data.draw(st.lists(st.tuples(name, name, weight, st.integers(0, 9)), max_size=8))

    def of_each(some: list[float]) -> list[float]:
        count = len(items)
        return data.draw(st.lists(st.sampled_from(some), min_size=count, max_size=count))

    totals, own = [of_each([-1.0, 0.0, 12.0, 60.0]) for _ in range(2)], of_each([0.0, 12.0])
    read_ms = [int(at_ms) for at_ms in of_each([0.0, 5.0, 9.0])]
    factors = data.draw(tables(len(items) + 1, SOURCES))
    changed = factors.copy()
    one = kernels.echoed(pairs, items, read_ms, totals, own, changed, (2, 0))
    other = kernels_numpy.echoed(pairs, items, read_ms, totals, own, factors, (2, 0))
    assert one[3] == other[3]
    assert_same((*one[:3], one[4], changed), (*other[:3], other[4], factors))


@given(distinct_ids, some_ids, some_ids, st.data())
def test_silencing(
    numbers: list[int], banned: list[int], quiet: list[int], data: st.DataObject
) -> None:
    raw = data.draw(tables(SOURCES, len(numbers)))
    before = raw.copy()
    assert_same(*both("silenced", ids(numbers), raw, ids(banned), ids(quiet), 1))
    np.testing.assert_array_equal(raw, before)


@given(distinct_ids, limits, st.sets(st.integers(0, SOURCES - 1)), st.data())
def test_the_best_of_each_source(
    numbers: list[int], count: int, silent: set[int], data: st.DataObject
) -> None:
    raw = data.draw(tables(SOURCES, len(numbers)))
    assert_same(*both("among_best", raw, ids(numbers), max(count, 1), silent))


@given(st.integers(0, 8), st.data())
def test_features_and_scores(size: int, data: st.DataObject) -> None:
    steps, times = data.draw(tables(2, size)).astype(np.int32)
    arguments = (np.abs(steps), np.abs(times), data.draw(tables(1, size))[0].astype(np.float32))
    compiled, plain = both("features", data.draw(tables(SOURCES, size)), *arguments, 2)
    assert_same(compiled, plain)
    assert_same(*both("scored", plain, data.draw(tables(1, len(plain)))[0]))


@given(distinct_ids, limits | st.just(-1) | st.just(100), st.data())
def test_the_top(numbers: list[int], limit: int, data: st.DataObject) -> None:
    assert_same(*both("top", data.draw(tables(1, len(numbers)))[0], ids(numbers), limit))


@given(st.integers(0, 8), st.data())
def test_what_tells_most_of_a_place(size: int, data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.integers(0, 3), min_size=SOURCES, max_size=SOURCES))
    contributions, raw = data.draw(tables(2 * SOURCES + 1, size)), data.draw(tables(SOURCES, size))
    assert_same(*both("telling", contributions, raw, ids([*range(size)]), rows(kinds), 1 / 3))


@given(st.integers(0, 12), st.integers(0, 4), st.data())
def test_the_strongest_list(size: int, steps: int, data: st.DataObject) -> None:
    def drawn(most: int, count: int) -> list[int]:
        return data.draw(st.lists(st.integers(0, most), min_size=count, max_size=count))

    wanted = data.draw(st.lists(st.integers(-1, 9), max_size=5, unique=True))
    gains = ids(drawn(5, size)), ids(drawn(7, size)), rows(drawn(2, size))
    sources = ids(drawn(2, len(wanted)))
    arguments = (*gains, data.draw(tables(1, size))[0], ids(wanted), sources, steps)
    assert_same(*both("strongest", *arguments))


numerals = st.one_of(
    st.integers(0, 10**17).map(str),
    st.floats(allow_nan=False).map(repr),
    st.floats(-1000, 1000).map("{:.14g}".format),
    st.integers(0, 10**6).map(lambda n: f"{n / 1000:g}"),
)
some_names = st.sampled_from([">*", "<*", "*", ">a", "<a", "b", ">b", "<é", ">日本", "<*a"])
some_texts = st.dictionaries(some_names, numerals, min_size=1).map(
    lambda held: " ".join(f"{name} {number}" for name, number in held.items())
)


@given(st.lists(st.tuples(some_texts, st.sampled_from([1.0, 0.25])), max_size=3), values)
def test_texts_of_numbers(texts: list[tuple[str, float]], least: float) -> None:
    compiled, plain = both("named", texts)
    assert compiled[0] == plain[0]
    assert_same(compiled[1], plain[1])
    compiled, plain = both("sides", *plain, least)
    assert (compiled[0], compiled[2:]) == (plain[0], plain[2:])
    assert_same(compiled[1], plain[1])


@given(numerals)
def test_a_number_is_read_as_python_reads_it(numeral: str) -> None:
    assert kernels.named([(f"a {numeral}", 1.0)])[1].tolist() == [float(numeral)]


@pytest.mark.parametrize("text", ["a", "a 1 b", "a x", "a ", "a .", "a 1.2.3", "a  1"])
def test_what_is_no_text_of_numbers_is_refused(text: str) -> None:
    for named in (kernels.named, kernels_numpy.named):
        with pytest.raises(ValueError, match=r"number|convert|shorter"):
            named([(text, 1.0)])


def interleaved(size: int) -> IntArray:
    """Odd numbers, then even ones: what ties of two lists come in."""
    return ids([*range(1, size, 2), *range(0, size, 2)])


@pytest.mark.parametrize("limit", [1, 20, 400, 5_000])
@pytest.mark.parametrize("values", [1, 900])
def test_the_best_of_many(limit: int, values: int) -> None:
    scores = np.random.default_rng(limit).integers(1, values + 1, 5_000) / 7.0
    numbers = interleaved(5_000)
    assert_same(*both("top", scores, numbers, limit))
    assert_same(*both("among_best", scores[None, :], numbers, limit, ()))
    found = both("nearest", numbers, [2_500, 2_500], ids([1, 2]), np.ones(2), -1, limit)
    assert_same(*map(by_id, found))


@given(st.lists(distinct_ids, min_size=1, max_size=4), st.integers(1, 12), st.integers(-1, 12))
def test_the_nearest(postings: list[list[int]], count: int, own: int) -> None:
    weights = np.array([1.0, 0.5, 0.25, 0.25])[: len(postings)]
    arguments = (
        ids([number for posting in postings for number in posting]),
        [len(posting) for posting in postings],
        ids([1, 3, 4, 9][: len(postings)]),
        weights,
        own,
        count,
    )
    assert_same(*map(by_id, both("nearest", *arguments)))


@given(st.lists(distinct_ids, max_size=5), some_ids, st.data())
def test_votes(sessions: list[list[int]], current: list[int], data: st.DataObject) -> None:
    arguments = (
        ids([item for session in sessions for item in session]),
        ids([len(session) for session in sessions]),
        np.abs(data.draw(tables(1, len(sessions)))[0]),
        ids([*current, 1_000_000]),
        np.exp(np.arange(5) / -2.0),
    )
    assert_same(*both("voted", *arguments))


def one_entry(**changed: Any) -> Entries:
    """A list of one entry, some of it changed."""
    said = Entries(ids([4]), rows([0]), np.ones(1), rows([0]))
    return replace(said, **changed)


def one_echo(**changed: Any) -> Echo:
    """An echo of it, some of it changed."""
    return replace(Echo(ids([0]), rows([0]), rows([0]), ids([4]), np.ones(1)), **changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"sources": rows([SOURCES])},
        {"sources": rows([-1])},
        {"sources": rows([])},
        {"sources": ids([0])},
        {"parts": rows([8])},
        {"parts": rows([])},
        {"weights": np.ones(2)},
        {"ids": np.array([4], np.int64)},
        {"ids": ids([4, 0, 4, 0])[::2], "sources": rows([0, 0]), "parts": rows([0, 0])},
        {"ids": ids([4])[None]},
    ],
    ids=str,
)
def test_a_list_that_does_not_fit_is_refused(changed: dict[str, Any]) -> None:
    factors, slot = np.ones((1, SOURCES)), ids([0] * 10)
    kernels.gathered([one_entry()], factors, NO_ECHO, slot)
    with pytest.raises(ValueError, match=r"do not fit|no such|another type"):
        kernels.gathered([one_entry(**changed)], factors, NO_ECHO, slot)


@pytest.mark.parametrize(
    "changed",
    [
        {"lists": ids([1])},
        {"lists": ids([-1])},
        {"lists": ids([])},
        {"amounts": np.ones(2)},
        {"ids": ids([]), "sources": rows([]), "parts": rows([])},
    ],
    ids=str,
)
def test_an_echo_that_does_not_fit_is_refused(changed: dict[str, Any]) -> None:
    factors, slot = np.ones((1, SOURCES)), ids([0] * 10)
    kernels.gathered([one_entry()], factors, one_echo(), slot)
    with pytest.raises(ValueError, match=r"do not fit|no such"):
        kernels.gathered([one_entry()], factors, one_echo(**changed), slot)


def test_each_list_has_its_factors() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        kernels.gathered([one_entry()], np.ones((2, SOURCES)), NO_ECHO, ids([0] * 10))


def test_what_is_no_array_is_refused() -> None:
    with pytest.raises(TypeError):
        kernels.gathered([one_entry(ids=[4])], np.ones((1, SOURCES)), NO_ECHO, ids([0] * 10))


def echoed_arguments(**changed: Any) -> tuple[Any, ...]:
    """Arguments of one pair, some of them changed."""
    arguments = {
        "pairs": [("a", "b", 12.0, 0)],
        "items": ["a"],
        "read_ms": [0],
        "totals": [[60.0], [60.0]],
        "own": [0.0],
        "factors": np.ones((1, SOURCES)),
        "sources": (1, 0),
    }
    return tuple((arguments | changed).values())


@pytest.mark.parametrize(
    "changed",
    [
        {"read_ms": []},
        {"own": [0.0, 0.0]},
        {"totals": [[60.0], []]},
        {"totals": [[60.0]]},
        {"factors": np.ones((0, SOURCES))},
        {"sources": (0, SOURCES)},
        {"sources": (-1, 0)},
    ],
    ids=str,
)
def test_what_a_reader_has_added_to_no_list_is_refused(changed: dict[str, Any]) -> None:
    arguments = echoed_arguments(**changed)
    before = arguments[5].copy()
    with pytest.raises(ValueError, match=r"do not fit|no such row"):
        kernels.echoed(*arguments)
    np.testing.assert_array_equal(arguments[5], before)


def test_what_an_attribute_makes_anew_is_held_while_it_is_read() -> None:
    class Fleeting(Entries):
        """As large as memory is given back at once."""

        @property
        def ids(self) -> IntArray:
            return np.arange(100_000, dtype=np.int32)

    plain = Entries(
        ids([*range(100_000)]), *(rows([0] * 100_000), np.ones(100_000), rows([0] * 100_000))
    )
    fleeting = object.__new__(Fleeting)
    for name in ("sources", "weights", "parts"):
        object.__setattr__(fleeting, name, getattr(plain, name))
    slot, factors = np.zeros(100_000, np.int32), np.ones((1, SOURCES))
    assert_same(
        kernels.gathered([fleeting], factors, NO_ECHO, slot),
        kernels.gathered([plain], factors, NO_ECHO, slot),
    )


SLOT = ids([0] * 10)


@pytest.mark.parametrize("number", [10, -1])
@pytest.mark.parametrize(
    "call",
    [
        lambda one: kernels.gathered([one_entry(ids=one)], np.ones((1, SOURCES)), NO_ECHO, SLOT),
        lambda one: kernels.renumber(one, SLOT),
        lambda one: kernels.found(one, ids([1]), SLOT),
        lambda one: kernels.silenced(one, np.ones((1, 1)), ids([1]), ids([]), 0, SLOT),
        lambda one: kernels.nearest(one, [1], ids([1]), np.ones(1), -1, 5, SLOT),
        lambda one: kernels.voted(one, ids([1]), np.ones(1), ids([1]), np.ones(3), SLOT),
    ],
)
def test_an_id_beyond_the_work_array_is_refused(
    call: Callable[[IntArray], object], number: int
) -> None:
    with pytest.raises(IndexError):
        call(ids([number]))


def test_a_place_that_cannot_be_one_is_not_believed() -> None:
    distinct, places = kernels.renumber(ids([0, 1, 2]), ids([0, -2_000_000_000, -7]))
    assert (distinct.tolist(), places.tolist()) == ([0, 1, 2], [0, 1, 2])


def strongest_arguments(**changed: Any) -> tuple[Any, ...]:
    """Arguments of one gain, some of them changed."""
    arguments = {
        "lists": ids([0]),
        "places": ids([0]),
        "rows": rows([0]),
        "amounts": np.ones(1),
        "wanted": ids([0]),
        "sources": ids([0]),
        "steps": 1,
    }
    return tuple((arguments | changed).values())


@pytest.mark.parametrize("changed", [{"lists": ids([-1])}, {"places": ids([-1])}], ids=str)
def test_a_gain_of_no_list_or_place_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no such"):
        kernels.strongest(*strongest_arguments(**changed))


@pytest.mark.parametrize("place", [1, -1])
def test_a_place_beyond_the_table_is_refused(place: int) -> None:
    with pytest.raises(IndexError):
        kernels.telling(np.ones((2, 1)), ONE, ids([place]), rows([0]), 1.0)


WRAPPING: Any = np.array([100, 200, 56], np.uint8)  # 100, if summed up in eight bits
ONE = np.ones((1, 1))


@pytest.mark.parametrize(
    "call",
    [
        lambda: kernels.nearest(ids([1]), [2], ids([1]), np.ones(1), -1, 5, SLOT),
        lambda: kernels.nearest(ids([1]), [1], ids([]), np.ones(1), -1, 5, SLOT),
        lambda: kernels.nearest(ids([1]), [2, -1], ids([1, 1]), np.ones(2), -1, 5, SLOT),
        lambda: kernels.nearest(ids([1] * 100), WRAPPING, ids([1] * 3), np.ones(3), -1, 5, SLOT),
        lambda: kernels.nearest(ids([1]), [1], ids([1]), np.ones(1), -1, -5, SLOT),
        lambda: kernels.voted(ids([1]), ids([2]), np.ones(1), ids([1]), np.ones(3), SLOT),
        lambda: kernels.voted(ids([1]), ids([0]), np.ones(1), ids([1]), np.ones(3), SLOT),
        lambda: kernels.voted(ids([1]), ids([3, -2]), np.ones(2), ids([1]), np.ones(3), SLOT),
        lambda: kernels.voted(ids([1]), ids([1]), np.ones(1), ids([1]), np.ones(0), SLOT),
        lambda: kernels.top(np.ones(2), ids([1]), 1),
        lambda: kernels.among_best(np.ones((1, 100)), ids([5]), 3, ()),
        lambda: kernels.among_best(ONE, ids([5]), -3, ()),
        lambda: kernels.features(ONE, ids([]), ids([0]), np.ones(1), 0),
        lambda: kernels.features(ONE, ids([0]), ids([0, 0]), np.ones(1), 0),
        lambda: kernels.features(ONE, ids([0]), ids([0]), np.ones(2), 0),
        lambda: kernels.scored(ONE, np.ones(2)),
        lambda: kernels.sides([">a"], np.ones(2), 0.0),
        lambda: kernels.telling(ONE, ONE, ids([0]), rows([0]), 1.0),
        lambda: kernels.telling(np.ones((2, 2)), ONE, ids([0]), rows([0]), 1.0),
        lambda: kernels.telling(np.ones((2, 1)), ONE, ids([0]), rows([0, 0]), 1.0),
        lambda: kernels.strongest(*strongest_arguments(lists=ids([]))),
        lambda: kernels.strongest(*strongest_arguments(rows=rows([]))),
        lambda: kernels.strongest(*strongest_arguments(amounts=np.ones(2))),
        lambda: kernels.strongest(*strongest_arguments(sources=ids([]))),
        lambda: kernels.strongest(*strongest_arguments(steps=-1)),
    ],
)
def test_lengths_that_do_not_fit_are_refused(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="lengths do not fit"):
        call()
