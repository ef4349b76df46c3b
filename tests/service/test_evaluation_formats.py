"""The format of a log is told by its columns."""

from pathlib import Path

import pytest

from service.evaluation.formats import input_of, input_of_both, unread_time
from service.evaluation.protocols import Input, Protocol
from service.importing.rows import UnusableFile


def written(path: Path, first_line: str) -> Path:
    path.write_text(f"{first_line}\n")
    return path


@pytest.mark.parametrize(
    ("columns", "format_"),
    [
        ("SessionId\tItemId\tTime", Input.SESSIONS),
        ("session_id,item_id,timestamp", Input.SESSIONS),
        ("SessionId\tPos\tItemId", Input.SRGNN),
        ("session_id;item_id", Input.SRGNN),
        ("user_id,item_id,rating,timestamp", Input.MOVIELENS),
        ("userId,movieId,rating,timestamp", Input.MOVIELENS),
        ("196\t242\t3\t881250949", Input.MOVIELENS),
        ("user_id,item_id,type,timestamp,session_id", Input.EVENTS),
        ("event_time,event_type,product_id,user_id", Input.EVENTS),
        ("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice", Input.EVENTS),
    ],
)
def test_a_format_is_told_by_its_columns(tmp_path: Path, columns: str, format_: Input) -> None:
    assert input_of(written(tmp_path / "a.csv", columns)) is format_


@pytest.mark.parametrize("line", ["a,b", "1\t2\t3", "[[1],2]"])
def test_columns_that_tell_nothing_are_told_with_what_to_say(tmp_path: Path, line: str) -> None:
    with pytest.raises(UnusableFile, match=r"a\.csv has columns that tell no format.*--input"):
        input_of(written(tmp_path / "a.csv", line))


def test_the_pairs_of_next_item_are_no_table_to_be_compared(tmp_path: Path) -> None:
    train, pairs = written(tmp_path / "a.tsv", "SessionId\tItemId"), tmp_path / "b.jsonl"
    written(pairs, "[[1],2]")
    assert input_of_both(train, pairs, Protocol.NEXT_ITEM) is Input.SRGNN
    with pytest.raises(UnusableFile):
        input_of_both(train, pairs, Protocol.PREQUENTIAL)


@pytest.mark.parametrize(
    ("columns", "column"),
    [("SessionId,ItemId,Time", "time"), ("SessionId,ItemId", None), ("a,b,time", None)],
)
def test_only_sessions_have_times_that_srgnn_leaves_unread(
    tmp_path: Path, columns: str, column: str | None
) -> None:
    assert unread_time(written(tmp_path / "a.csv", columns)) == column
