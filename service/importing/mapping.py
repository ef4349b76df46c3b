"""One row to one event, and to what it says of its item."""

from collections.abc import Mapping
from dataclasses import dataclass

from service import forms
from service.event_types import EVENT_TYPES
from service.importing.fields import (
    BadValue,
    labels,
    missing,
    optional_count,
    optional_currency,
    optional_id,
    optional_image,
    optional_number,
    optional_properties,
    optional_text,
    required_id,
    shown,
)
from service.importing.presets import ITEM_FIELDS, Picked, Preset
from service.importing.rows import BadRow, Row
from service.importing.times import parse_time_ms
from service.model import Item, NewEvent

_TAG_SEPARATORS = ("|", ",")


@dataclass(frozen=True, slots=True)
class MappedRow:
    """A good row: its event at the time the file says (0 where files have no times), and its item.

    `item` is None when the row says nothing of the item but its id.
    """

    line: int
    text: str
    time_ms: int
    event: NewEvent
    item: Item | None


def map_row(row: Row, preset: Preset) -> MappedRow | BadRow:
    """The row as an event, or why it is none."""
    try:
        picked = preset.adapt(pick(row.fields, preset.columns))
        time_ms = _time_ms(picked, preset)
        return MappedRow(
            row.line, row.text, time_ms, _event(picked, preset), _facts(picked, preset)
        )
    except BadValue as error:
        return BadRow(row.line, str(error), error.code, error.field)


def map_item(row: Row, preset: Preset) -> Item | BadRow:
    """A row of a file of items, or why it is none."""
    try:
        picked = pick(row.fields, preset.columns)
        item_id = required_id("item_id", picked.get("item_id"))
        return _facts(picked, preset) or Item(item_id)
    except BadValue as error:
        return BadRow(row.line, str(error), error.code, error.field)


def price_fault(row: Row, preset: Preset, item: Item | None) -> str | None:
    """What is wrong with the price that the row names and its item, for that reason, lacks."""
    if item is None or item.price is not None:
        return None
    try:
        optional_number("price", pick(row.fields, preset.columns).get("price"), 0)
    except BadValue as error:
        return f"{error}, and was left out"
    return None


def pick(fields: Mapping[str, object], columns: Mapping[str, tuple[str, ...]]) -> Picked:
    """The row's values under our names; empty ones are left out."""
    picked: Picked = {}
    for name, candidates in columns.items():
        for column in candidates:
            value = column[1:] if column.startswith("=") else fields.get(column)
            if value is not None and value != "":
                picked[name] = value
                break
    return picked


def _time_ms(picked: Picked, preset: Preset) -> int:
    if not preset.has_times:
        return 0
    if "timestamp" not in picked:
        raise missing("timestamp")
    return parse_time_ms(picked["timestamp"], preset.time_unit)


def _event(picked: Picked, preset: Preset) -> NewEvent:
    return NewEvent(
        user_id=required_id("user_id", picked.get("user_id")),
        item_id=required_id("item_id", picked.get("item_id")),
        type=_type(picked, preset),
        event_id=optional_id("event_id", picked.get("event_id")),
        session_id=optional_id("session_id", picked.get("session_id")),
        order_id=optional_id("order_id", picked.get("order_id")),
        value=optional_number("value", picked.get("value")),
        quantity=optional_count("quantity", picked.get("quantity")),
        currency=optional_currency(picked.get("currency")),
        properties=optional_properties(picked.get("properties")),
    )


def _type(picked: Picked, preset: Preset) -> str:
    if "type" not in picked:
        raise missing("type")
    word = str(picked["type"])
    name = preset.types.get(word, "") if preset.types else word
    if name not in EVENT_TYPES:
        known = ", ".join(preset.types or EVENT_TYPES)
        raise BadValue("unknown_type", "type", f"type {shown(word)} is unknown; known: {known}")
    return name


def _facts(picked: Picked, preset: Preset) -> Item | None:
    if not any(name in picked for name in ITEM_FIELDS):
        return None
    return Item(
        item_id=required_id("item_id", picked.get("item_id")),
        title=optional_text(picked.get("title"), forms.TITLE_LENGTH_MAX),
        category=labels(
            picked.get("category"), preset.category_separator, forms.CATEGORY_STEPS_MAX
        ),
        brand=optional_text(picked.get("brand"), forms.LABEL_LENGTH_MAX),
        price=_price(picked),
        currency=optional_currency(picked.get("currency")),
        tags=labels(picked.get("tags"), _tag_separator(picked), forms.TAGS_MAX),
        image=optional_image(picked.get("image")),
    )


def _price(picked: Picked) -> float | None:
    """None where it cannot be read: a fact about the item is no reason to lose the event."""
    try:
        return optional_number("price", picked.get("price"), 0)
    except BadValue:
        return None


def _tag_separator(picked: Picked) -> str | None:
    text = str(picked.get("tags", ""))
    return next((separator for separator in _TAG_SEPARATORS if separator in text), None)
