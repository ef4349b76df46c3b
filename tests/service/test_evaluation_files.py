"""Files of any origin become logs: the readers of the evaluation on odd inputs, and on the public files."""

import gzip
from pathlib import Path

import pytest

from service.evaluation.ids import valid_id
from service.evaluation.pairs import read_pairs
from service.evaluation.readers import (
    read_events,
    read_items,
    read_ratings,
    read_sessions,
    read_srgnn,
)
from service.importing.rows import UnusableFile
from service.model import NewEvent
from tests.cli.serving import data_file


def written(folder: Path, text: str) -> Path:
    path = folder / "log.txt"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "valid"),
    [("214536502", "214536502"), ("17850.0", "17850"), (" a ", "a"), ("85123A", "85123A")],
)
def test_an_id_that_the_service_takes_stays_as_it_is(text: str, valid: str) -> None:
    assert valid_id(text) == valid


@pytest.mark.parametrize("text", ["", "a b", "a|b", "{1}", "ü", "-1", "x" * 101, "a:b"])
def test_any_other_text_becomes_a_valid_id_of_its_own(text: str) -> None:
    valid = valid_id(text)
    assert valid.startswith("id-")
    assert valid == valid_id(text)
    assert valid == valid_id(valid)
    assert valid != valid_id(f"{text}'")


@pytest.mark.parametrize(
    "text",
    [
        "SessionId\tItemId\tTime\n7\t1\t10.5\n7\t2\t11\n",
        "sessionid,time,itemid\n7,10.5,1\n7,11,2\n",
        "SESSION_ID;ITEM_ID;TIMESTAMP;MORE\n7;1;10.5;\n7;2;11;x\n",
        "7\t1\t10.5\n7\t2\t11\n",
        "7,1.0,10.5\n7,2.0,11.0\n",
        "SessionId,ItemId,Time\r\n7,2,11\r\n7,1,10.5\r\n",
        "SessionId,ItemId,Time\n7,1,1970-01-01T00:00:10.500\n7,2,1970-01-01 00:00:11\n",
        "\ufeffSessionId,ItemId,Time\n7,1,10.5\n7,2,11\n\n",
    ],
    ids=["tab", "comma", "names", "no header", "floats", "unordered", "dates", "byte order mark"],
)
def test_clicks_are_read_however_the_table_is_written(tmp_path: Path, text: str) -> None:
    log = read_sessions(written(tmp_path, text))
    assert log.events == [
        NewEvent("s7", "1", "view", timestamp_ms=10_500, session_id="7"),
        NewEvent("s7", "2", "view", timestamp_ms=11_000, session_id="7"),
    ]
    assert log.left_out == 0


def test_times_in_milliseconds_and_sessions_named_by_texts_are_taken(tmp_path: Path) -> None:
    (event,) = read_sessions(
        written(tmp_path, "SessionId,ItemId,Time\nab c,x,1508203200000\n")
    ).events
    assert event.timestamp_ms == 1_508_203_200_000
    assert event.session_id == valid_id("ab c")


def test_rows_that_say_nothing_are_counted_and_left_out(tmp_path: Path) -> None:
    text = "SessionId,ItemId,Time\n1,2\n1,2,never\n1,2,3\n"
    log = read_sessions(written(tmp_path, text))
    assert (len(log.events), log.left_out) == (1, 2)


def test_rows_without_times_are_a_second_apart(tmp_path: Path) -> None:
    log = read_srgnn(written(tmp_path, "SessionId\tPos\tItemId\n0\t0\t5\n0\t1\t6\n1\t0\t5\n"))
    assert [(e.session_id, e.item_id, e.timestamp_ms) for e in log.events] == [
        ("0", "5", 0),
        ("0", "6", 1_000),
        ("1", "5", 2_000),
    ]


def test_a_compressed_file_is_known_by_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(gzip.compress(b"SessionId,ItemId,Time\n1,2,3\n"))
    assert len(read_sessions(path).events) == 1


@pytest.mark.parametrize("text", ["", "a,b,c\n1,2,3\n", "SessionId,ItemId\n1,2\n"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnusableFile):
        read_sessions(written(tmp_path, text))


def test_the_format_of_events_is_told_by_their_columns(tmp_path: Path) -> None:
    text = (
        "event_time,Event_Type,product_id,user_id,price\n2019-10-01 00:00:00 UTC,cart,7,u 1,2.5\n"
    )
    log = read_events(written(tmp_path, text))
    (event,) = log.events
    assert (event.user_id, event.item_id, event.type) == (valid_id("u 1"), "7", "add_to_cart")
    assert event.timestamp_ms == 1_569_888_000_000
    assert log.items["7"].price == 2.5
    assert log.gap_s == 1_800


def test_of_a_shops_invoices_only_sales_of_products_are_taken(tmp_path: Path) -> None:
    head = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    rows = [
        "536365,85123A,LANTERN,6,2010-12-01 08:26:00,2.55,17850.0,UK",
        "C536366,85123A,LANTERN,-6,2010-12-01 08:26:00,2.55,17850.0,UK",
        "536367,85123A,damaged,-6,2010-12-01 08:26:00,2.55,,UK",
        "536368,POST,POSTAGE,1,2010-12-01 08:26:00,2.55,17850.0,UK",
        "536369,85123A,,1,2010-12-01 08:26:00,0.0,,UK",
        "536370,22041,RECORD FRAME,1,2010-12-01 08:26:00,5,,UK",
    ]
    log = read_events(written(tmp_path, head + "\n".join(rows)))
    assert [(e.user_id, e.item_id, e.order_id, e.type) for e in log.events] == [
        ("17850", "85123A", "536365", "purchase"),
        ("536370", "22041", "536370", "purchase"),
    ]
    assert log.left_out == 4
    assert log.items["85123A"].title == "LANTERN"


@pytest.mark.parametrize(
    "text",
    [
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t2\t3\t881250949\n",
        "userId,movieId,rating,timestamp\n1,2,3.0,881250949\n",
        "1\t2\t3\t881250949\n",
    ],
)
def test_a_rating_counts_as_bought_whatever_it_says(tmp_path: Path, text: str) -> None:
    (event,) = read_ratings(written(tmp_path, text)).events
    assert (event.user_id, event.item_id, event.type) == ("1", "2", "purchase")
    assert event.timestamp_ms == 881_250_949_000


def test_items_have_a_file_of_their_own(tmp_path: Path) -> None:
    text = "item_id:token\tmovie_title:token_seq\tclass:token_seq\n1\tToy Story\tComedy Drama\n"
    item = read_items(written(tmp_path, text))["1"]
    assert (item.title, item.tags) == ("Toy Story", ("Comedy", "Drama"))


@pytest.mark.parametrize(
    "lines", [["[[1,2,3],4]", "[[1,2],3]", "[[1],2]"], ["[[1],2]", "[[1,2],3]", "[[1,2,3],4]"]]
)
def test_pairs_of_one_session_are_a_cluster_and_tell_what_came_later(
    tmp_path: Path, lines: list[str]
) -> None:
    asked = read_pairs(written(tmp_path, "\n".join([*lines, "[[4],1]", "[[4.0],2]"])))
    by_length = sorted(asked[:3], key=lambda question: len(question.before))
    assert [question.wanted for question in by_length] == [("2", "3", "4"), ("3", "4"), ("4",)]
    assert [question.cluster for question in asked] == [0, 0, 0, 1, 2]
    assert [touch.item for touch in asked[4].before] == ["4"]


@pytest.mark.parametrize("line", ["[1, 2]", "[[], 2]", "{}", "x", "[[1], 2, 3]"])
def test_a_line_that_is_no_pair_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(UnusableFile, match="line 2"):
        read_pairs(written(tmp_path, f"[[1],2]\n{line}\n"))


def test_the_public_files_hold_what_they_are_known_to_hold() -> None:
    clicks = read_sessions(data_file("serenade_example/train.tsv.gz"))
    assert (len(clicks.events), clicks.left_out) == (113_601, 0)
    assert len(read_ratings(data_file("ml-100k/ml-100k.inter.gz")).events) == 100_000
    assert len(read_items(data_file("ml-100k/ml-100k.item.gz"))) == 1_682
    shop = read_events(data_file("rees46_sample/2019-Oct.csv.gz"))
    assert len(shop.events) == 17_434
    assert shop.left_out == 1
