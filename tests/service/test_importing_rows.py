"""Lines become rows, and each bad line is named with its number and reason."""

import gzip
from pathlib import Path

import pytest

from service.importing.files import open_file
from service.importing.presets import PRESETS
from service.importing.rows import BadRow, Row, UnusableFile, read_json_lines, read_table

HEADER = "user_id,item_id,type,timestamp\n"


def fields_of(rows: list[Row | BadRow]) -> list[dict[str, object]]:
    return [dict(row.fields) for row in rows if isinstance(row, Row)]


def test_a_row_knows_its_line_and_its_text() -> None:
    rows = list(read_table(["a,b\n", "1,2\n", "\n", "3,4"], ","))
    assert rows == [Row(2, "1,2", {"a": "1", "b": "2"}), Row(4, "3,4", {"a": "3", "b": "4"})]


def test_a_quoted_field_may_hold_line_ends() -> None:
    rows = list(read_table(["a,b\r\n", '1,"x\r\n', 'y"\r\n', "2,z\r\n"], ","))
    assert rows[0] == Row(3, '1,"x\r\ny"', {"a": "1", "b": "x\r\ny"})
    assert rows[1] == Row(4, "2,z", {"a": "2", "b": "z"})


def test_a_quote_is_an_ordinary_character_between_tabs() -> None:
    rows = list(read_table(["a\tb\n", '1\t"half\n', "2\tx\n"], "\t"))
    assert fields_of(rows) == [{"a": "1", "b": '"half'}, {"a": "2", "b": "x"}]


def test_a_row_that_is_cut_off_is_bad_and_the_next_is_not() -> None:
    rows = list(read_table(["a,b\n", "1\n", "2,x\n"], ","))
    assert rows == [
        BadRow(2, "1 fields instead of 2", "wrong_field_count"),
        Row(3, "2,x", {"a": "2", "b": "x"}),
    ]


def test_a_field_beyond_all_measure_is_bad() -> None:
    rows = list(read_table(["a\n", "x" * 200_000 + "\n", "1\n"], ","))
    assert isinstance(rows[0], BadRow)
    assert rows[1] == Row(3, "1", {"a": "1"})


def test_bytes_that_are_no_utf8_are_bad(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_bytes(HEADER.encode() + b"u,\xff,view,1\nu,i,view,2\n")
    rows = list(open_file(path, PRESETS["events"]).rows())
    assert rows[0] == BadRow(2, "not UTF-8", "not_utf8")
    assert isinstance(rows[1], Row)


def test_json_lines_hold_objects_and_nothing_else() -> None:
    rows = list(read_json_lines(['{"a": 1}\n', "\n", "[1]\n", '{"a": 1', "[" * 100_000]))
    assert rows == [
        Row(1, '{"a": 1}', {"a": 1}),
        BadRow(3, "not a JSON object", "wrong_type"),
        BadRow(4, "not JSON", "invalid_json"),
        BadRow(5, "not JSON", "invalid_json"),
    ]


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("user_id,item_id,type,timestamp\nu,i,view,1\n", "comma"),
        ("user_id;item_id;type;timestamp\nu;i;view;1\n", "semicolon"),
        ("user_id:token\titem_id:token\ttype:token\ttimestamp:float\nu\ti\tview\t1\n", "tab"),
        ("\ufeff" + HEADER + "u,i,view,1\n", "comma after a byte order mark"),
    ],
    ids=lambda text: text if len(text) < 40 else "",
)
def test_the_first_line_tells_the_form(tmp_path: Path, text: str, separator: str) -> None:
    path = tmp_path / "events"
    path.write_text(text, encoding="utf8")
    rows = list(open_file(path, PRESETS["events"]).rows())
    assert fields_of(rows) == [{"user_id": "u", "item_id": "i", "type": "view", "timestamp": "1"}]


def test_a_known_file_without_a_header_is_read_from_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "u.data"
    path.write_text("196\t242\t3\t881250949\n")
    (row,) = open_file(path, PRESETS["movielens"]).rows()
    assert isinstance(row, Row)
    assert row.fields["rating"] == "3"


def test_compressed_and_plain_read_the_same(tmp_path: Path) -> None:
    plain, compressed = tmp_path / "a.csv", tmp_path / "a.csv.gz"
    plain.write_text(HEADER + "u,i,view,1\n")
    compressed.write_bytes(gzip.compress(plain.read_bytes()))
    preset = PRESETS["events"]
    assert list(open_file(plain, preset).rows()) == list(open_file(compressed, preset).rows())


def test_a_compressed_file_that_is_cut_off_ends_with_a_bad_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    lines = "".join(f"u{n},i{n * n},view,{n}\n" for n in range(20_000))
    path.write_bytes(gzip.compress((HEADER + lines).encode())[:-20_000])
    *whole, last = open_file(path, PRESETS["events"]).rows()
    assert len(whole) > 1_000
    assert all(isinstance(row, Row) for row in whole)
    assert isinstance(last, BadRow)
    assert "cut off" in last.reason


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"who,what\n1,2\n", "no column for user_id: the file has 'who, what'"),
        (b"\x1f\x8b\x08", "damaged"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(UnusableFile, match=message):
        open_file(path, PRESETS["events"])


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="cannot be read: No such file"):
        open_file(tmp_path / "missing.csv", PRESETS["events"])
