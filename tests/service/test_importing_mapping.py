"""Rows become events and items, by the names of the known formats or by given ones."""

from collections.abc import Mapping

import pytest

from service.event_types import EVENT_TYPES
from service.importing.mapping import MappedRow, map_item, map_row, price_fault
from service.importing.presets import PRESETS, Preset
from service.importing.rows import BadRow, Row, UnusableFile
from service.model import Item, NewEvent


def mapped(preset: Preset, fields: Mapping[str, object]) -> MappedRow:
    row = map_row(Row(2, "text", fields), preset)
    assert isinstance(row, MappedRow), row
    return row


def reason(preset: Preset, fields: Mapping[str, object]) -> str:
    row = map_row(Row(2, "text", fields), preset)
    assert isinstance(row, BadRow)
    assert row.line == 2
    return row.reason


GOOD = {"user_id": "u", "item_id": "i", "type": "view", "timestamp": "1700000000000"}


def test_a_shop_row_becomes_an_event_and_a_fact() -> None:
    row = mapped(
        PRESETS["rees46"],
        {
            "event_time": "2019-10-01 00:00:04 UTC",
            "event_type": "purchase",
            "product_id": "1004856",
            "category_id": "2053013555631882655",
            "category_code": "electronics.smartphone",
            "brand": "samsung",
            "price": "130.76",
            "user_id": "543272936",
            "user_session": "8187d148-3c41-46d4-90b0-9c08cd9dc564",
        },
    )
    assert row.time_ms == 1_569_888_004_000
    assert row.event == NewEvent(
        user_id="543272936",
        item_id="1004856",
        type="purchase",
        session_id="8187d148-3c41-46d4-90b0-9c08cd9dc564",
        value=130.76,
    )
    assert row.item == Item(
        "1004856", category=("electronics", "smartphone"), brand="samsung", price=130.76
    )


@pytest.mark.parametrize(
    ("word", "event_type"),
    [
        ("view", "view"),
        ("cart", "add_to_cart"),
        ("purchase", "purchase"),
        ("remove_from_cart", "remove_from_cart"),
    ],
)
def test_the_shop_words_are_event_types(word: str, event_type: str) -> None:
    fields = {"event_time": "1", "event_type": word, "product_id": "i", "user_id": "u"}
    assert mapped(PRESETS["rees46"], fields).event.type == event_type


def test_an_empty_field_is_no_value() -> None:
    fields = {
        "event_time": "1",
        "event_type": "view",
        "product_id": "i",
        "user_id": "u",
        "user_session": "",
        "category_code": "",
        "brand": "",
    }
    row = mapped(PRESETS["rees46"], fields)
    assert row.event.session_id is None
    assert row.item is None


def test_a_transaction_is_a_purchase_with_its_order() -> None:
    fields = {
        "timestamp": "1433222276276",
        "visitorid": "599528",
        "event": "transaction",
        "itemid": "356475",
        "transactionid": "4000",
    }
    row = mapped(PRESETS["retailrocket"], fields)
    assert row.time_ms == 1_433_222_276_276
    assert row.event == NewEvent("599528", "356475", "purchase", order_id="4000")


@pytest.mark.parametrize(("rating", "event_type"), [("3.5", "view"), ("4", "purchase")])
def test_a_good_rating_counts_as_a_purchase(rating: str, event_type: str) -> None:
    fields = {"user_id": "1", "item_id": "2", "rating": rating, "timestamp": "881250949"}
    row = mapped(PRESETS["movielens"], fields)
    assert (row.event.type, row.time_ms) == (event_type, 881_250_949_000)


def test_a_session_without_a_user_is_a_user() -> None:
    fields = {"SessionId": "42", "ItemId": "7", "Time": "1592337718.5"}
    row = mapped(PRESETS["sessions"], fields)
    assert row.event == NewEvent("s42", "7", "view", session_id="42")
    assert row.time_ms == 1_592_337_718_500


def test_a_title_and_genres_are_an_item() -> None:
    fields = {"item_id": "1", "movie_title": "Toy Story", "class": "Animation Children's Comedy"}
    item = map_item(Row(2, "", fields), PRESETS["movielens"])
    assert item == Item("1", title="Toy Story", tags=("Animation", "Children's", "Comedy"))


def test_genres_may_be_separated_by_bars() -> None:
    fields = {"movieId": "1", "title": "Toy Story (1995)", "genres": "Adventure|Sci-Fi"}
    item = map_item(Row(2, "", fields), PRESETS["movielens"])
    assert item == Item("1", title="Toy Story (1995)", tags=("Adventure", "Sci-Fi"))


def test_facts_are_cut_to_what_the_catalogue_takes() -> None:
    fields = {
        "item_id": "i",
        "title": "Big\r\ntent " + "x" * 600,
        "brand": " " + "b" * 200,
        "category": "Outdoor > Tents >  ",
        "tags": ["t"] * 60,
        "image": "javascript:alert(1)",
    }
    item = map_item(Row(2, "", fields), PRESETS["events"])
    assert isinstance(item, Item)
    assert item.title is not None
    assert item.title.startswith("Big tent x")
    assert len(item.title) == 500
    assert item.brand == "b" * 128
    assert item.category == ("Outdoor", "Tents")
    assert len(item.tags) == 50
    assert item.image is None


def test_given_columns_win_over_the_preset() -> None:
    shop = PRESETS["events"].mapped(
        {
            "user_id": "CustomerID",
            "item_id": "StockCode",
            "type": "=purchase",
            "timestamp": "InvoiceDate",
            "order_id": "InvoiceNo",
            "title": "Description",
        }
    )
    row = mapped(
        shop,
        {
            "CustomerID": "17850.0",
            "StockCode": "85123A",
            "InvoiceDate": "2010-12-01 08:26:00",
            "InvoiceNo": "536365",
            "Description": "WHITE HANGING HEART T-LIGHT HOLDER",
        },
    )
    assert row.event == NewEvent("17850.0", "85123A", "purchase", order_id="536365")
    assert row.item == Item("85123A", title="WHITE HANGING HEART T-LIGHT HOLDER")
    assert row.time_ms == 1_291_191_960_000


def test_a_column_can_only_be_given_to_a_field_that_exists() -> None:
    with pytest.raises(UnusableFile, match="knows no field 'user'"):
        PRESETS["events"].mapped({"user": "CustomerID"})


def test_an_event_keeps_its_own_id_and_properties() -> None:
    fields = {**GOOD, "event_id": "e-1", "properties": {"page": "home", "rank": 3}}
    event = mapped(PRESETS["events"], fields).event
    assert (event.event_id, event.properties) == ("e-1", {"page": "home", "rank": 3})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"user_id": ""}, "user_id is missing"),
        ({"user_id": "a:b"}, "user_id 'a:b' does not fit"),
        ({"item_id": "x" * 129}, "does not fit"),
        ({"item_id": ["i"]}, "does not fit"),
        ({"session_id": "two words"}, "session_id 'two words' does not fit"),
        ({"type": ""}, "type is missing"),
        ({"type": "glance"}, "type 'glance' is unknown"),
        ({"timestamp": ""}, "timestamp is missing"),
        ({"timestamp": "yesterday"}, "the time 'yesterday' cannot be read"),
        ({"timestamp": "nan"}, "the time 'nan' cannot be read"),
        ({"timestamp": "inf"}, "the time 'inf' cannot be read"),
        ({"timestamp": "-1"}, "the time '-1' is out of range"),
        ({"value": "12,50"}, "value '12,50' is no number"),
        ({"value": "inf"}, "is no number"),
        ({"value": True}, "is no number"),
        ({"quantity": "0"}, "quantity '0' is no whole number of 1 or more"),
        ({"quantity": "1.5"}, "is no whole number"),
        ({"currency": "euro"}, "is no code of three capital letters"),
        ({"properties": "x"}, "properties is no object"),
    ],
)
def test_a_bad_row_says_what_is_wrong(change: dict[str, object], said: str) -> None:
    assert said in reason(PRESETS["events"], GOOD | change)


def test_a_report_quotes_no_more_than_a_line() -> None:
    assert len(reason(PRESETS["events"], GOOD | {"timestamp": "x" * 500 + "\n"})) < 80


def test_of_an_unknown_type_the_words_that_are_known_are_told() -> None:
    known = reason(PRESETS["events"], GOOD | {"type": "glance"}).partition("known: ")[2]
    assert known.split(", ") == list(EVENT_TYPES)
    row = {"event_time": "1", "event_type": "add", "product_id": "i", "user_id": "u"}
    assert reason(PRESETS["rees46"], row).endswith("view, cart, purchase, remove_from_cart")


@pytest.mark.parametrize("price", ["-3", "12,50", "free", True])
def test_a_price_that_cannot_be_read_is_left_out_and_the_event_stays(price: object) -> None:
    row = Row(2, "text", GOOD | {"price": price, "title": "Tent"})
    found = map_row(row, PRESETS["events"])
    assert isinstance(found, MappedRow)
    assert found.item == Item("i", title="Tent")
    said = price_fault(row, PRESETS["events"], found.item)
    assert said == f"price '{price}' is no number of 0 or more, and was left out"


def test_a_price_that_is_read_or_not_there_is_no_fault() -> None:
    for more in ({"price": "0"}, {"title": "Tent"}, {"price": ""}):
        row = Row(2, "text", GOOD | more)
        assert (
            price_fault(row, PRESETS["events"], mapped(PRESETS["events"], row.fields).item) is None
        )


def test_a_purchase_whose_price_cannot_be_read_counts_without_a_value() -> None:
    fields = {"event_time": "1", "event_type": "purchase", "product_id": "i", "user_id": "u"}
    row = mapped(PRESETS["rees46"], fields | {"price": "n/a"})
    assert (row.event.type, row.event.value) == ("purchase", None)
