"""Strict JSON, for any input."""

import json
import math
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.errors import InvalidInput, ServiceError
from web.json_input import DEPTH_LIMIT, _plain_object, parse, parse_text
from web.problems import BadRequest

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab\\u"), inner, max_size=3)
    ),
    max_leaves=8,
)


def depth(value: object) -> int:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return 1 + max(map(depth, inner), default=0)
    return 0


@given(values, st.booleans())
def test_what_json_can_say_is_read_as_it_was_meant(value: object, escaped: bool) -> None:
    if depth(value) <= DEPTH_LIMIT:
        assert parse(json.dumps(value, ensure_ascii=escaped).encode()) == value


spaces = st.text(" \t\n\r", max_size=2)
names = st.sampled_from(['"a"', '"b"', '"\\u0061"', '"a:"', '""', "a"])
texts = st.sampled_from([r'"x"', r'"x:y"', r'"\ud800"', r'"\ud83d\ude00"'])
numbers = st.sampled_from(["1", "-0", "1.0", "9007199254740992", "1e309", "007", "NaN"])
bits = texts | numbers | st.sampled_from(["true", "null", "[]", "{}"])
members = st.tuples(spaces, names, spaces, spaces, bits, spaces)


@given(st.lists(members, max_size=4), spaces, st.sampled_from(["}", "", "}}", "},1"]))
@example([("", '"a"', " ", "", "1", ""), ("", '"a"', "", "", "2", "")], "", "}")
def test_a_plain_object_is_read_as_the_strict_parser_reads_it(
    parts: list[tuple[str, ...]], before: str, end: str
) -> None:
    fields = (f"{a}{name}{b}:{c}{value}{d}" for a, name, b, c, value, d in parts)
    text = f"{before}{{{','.join(fields)}{end}"
    value = _plain_object(text.encode())
    assert value is None or repr(value) == repr(parse_text(text))


def test_most_events_are_plain_objects() -> None:
    event = {"user_id": "7", "item_id": "tent", "type": "view", "timestamp": 1_760_000_000_000}
    assert _plain_object(json.dumps(event).encode()) == event


@given(st.binary(max_size=200))
@example(b'"\\ud800"')
@example(b'{"a":1,"a":2}')
@example(b"[" * 50_000)
@example(b"1" * 5_000)
def test_no_input_raises_anything_but_our_errors(body: bytes) -> None:
    with suppress(BadRequest, InvalidInput):
        parse(body)


@pytest.mark.parametrize("levels", range(1, 12))
@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_eight_levels_are_read_and_no_more(levels: int, brackets: str) -> None:
    opened = "[" * levels if brackets == "[]" else '{"a":' * (levels - 1) + "{"
    body = (opened + brackets[1] * levels).encode()
    if levels <= DEPTH_LIMIT:
        assert depth(parse(body)) == levels
    else:
        with pytest.raises(ServiceError) as refused:
            parse(body)
        assert refused.value.code == "json_too_deep"


@pytest.mark.parametrize("brackets", range(9, 60, 10))
def test_many_brackets_are_not_deep(brackets: int) -> None:
    assert parse(("[" + ",".join(["[]"] * brackets) + "]").encode()) == [[]] * brackets


@pytest.mark.parametrize(
    "text", ["9007199254740992", "-9007199254740992", "1e309", "-1e309", "9" * 5_000]
)
def test_a_number_that_no_field_can_hold_is_an_infinity(text: str) -> None:
    value = parse(text.encode())
    assert isinstance(value, float)
    assert math.isinf(value)


def test_a_surrogate_pair_is_a_character() -> None:
    assert parse(rb'"\ud83d\ude00"') == "😀"
