"""Files as logs: events in the order of time, whatever the file calls things."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from service.evaluation.ids import ValidIds
from service.evaluation.invoices import INVOICES
from service.evaluation.tables import Table
from service.importing.mapping import MappedRow, map_item, map_row, pick
from service.importing.presets import (
    EVENTS,
    MOVIELENS,
    REES46,
    RETAILROCKET,
    Preset,
)
from service.importing.rows import Row, UnusableFile
from service.importing.times import parse_time_ms
from service.model import Item, NewEvent

PSEUDO_STEP_MS = 1_000
GAP_S = 1_800
SESSION = ("sessionid", "session_id", "session")
ITEM = ("itemid", "item_id", "item")
TIME = ("time", "timestamp", "ts")
_IDS = ("user_id", "item_id", "session_id", "order_id")
PRESETS = (EVENTS, REES46, RETAILROCKET, INVOICES, MOVIELENS)


@dataclass(frozen=True, slots=True)
class Log:
    """What a file holds: `events` in the order of time, what it says of items, and how many rows were left out.

    `gap_s` is the pause that ends a session; None where the file says itself which events are one session.
    """

    events: Sequence[NewEvent]
    gap_s: int | None = None
    items: Mapping[str, Item] = field(default_factory=dict)
    left_out: int = 0


Reader = Callable[[Path], Log]


def read_srgnn(path: Path) -> Log:
    """Sessions without times, in the order of the file: from row to row a second goes by."""
    table = Table(path, ("sessionid", "pos", "itemid"))
    session, item = table.column(*SESSION), table.column(*ITEM)
    ids = ValidIds()
    events = [
        _view(ids[row[session]], ids[row[item]], place * PSEUDO_STEP_MS)
        for place, row in enumerate(table)
    ]
    return Log(events, left_out=table.broken)


def read_sessions(path: Path) -> Log:
    """Clicks with times, each session a user of its own."""
    table = Table(path, ("sessionid", "itemid", "time"))
    session, item, time = table.column(*SESSION), table.column(*ITEM), table.column(*TIME)
    ids, events, left_out = ValidIds(), list[NewEvent](), 0
    for row in table:
        at_ms = _time_ms(row[time])
        if at_ms is None:
            left_out += 1
        else:
            events.append(_view(ids[row[session]], ids[row[item]], at_ms))
    return Log(_in_time_order(events), left_out=left_out + table.broken)


def read_events(path: Path, presets: Sequence[Preset] = PRESETS) -> Log:
    """A table in one of the importer's formats, told by its columns."""
    table = Table(path, MOVIELENS.header if MOVIELENS in presets else ())
    preset = _preset_of(table, presets)
    plain = _plain(preset)
    events, items, left_out = list[NewEvent](), dict[str, Item](), 0
    for row in _rows(table, preset):
        mapped = map_row(row, plain)
        if not isinstance(mapped, MappedRow):
            left_out += 1
            continue
        events.append(replace(mapped.event, timestamp_ms=mapped.time_ms))
        if mapped.item:
            items[mapped.item.item_id] = mapped.item
    return Log(_in_time_order(events), GAP_S, items, left_out + table.broken)


def read_ratings(path: Path) -> Log:
    """Ratings as implicit feedback: whatever was rated was wanted, and counts as bought."""
    log = read_events(path, (MOVIELENS,))
    return replace(log, events=[replace(event, type="purchase") for event in log.events])


def read_items(path: Path) -> dict[str, Item]:
    """A file of items in one of the importer's formats."""
    table = Table(path)
    named = (p for p in map(_lower, PRESETS) if _has(table, p, ("item_id", "title")))
    preset = next(named, _lower(EVENTS))
    plain = _plain(preset)
    found = (map_item(row, plain) for row in _rows(table, preset))
    return {item.item_id: item for item in found if isinstance(item, Item)}


def joined(first: Log, second: Log) -> Log:
    """Two parts of one log, as one."""
    return Log(
        _in_time_order([*first.events, *second.events]),
        first.gap_s,
        {**first.items, **second.items},
        first.left_out + second.left_out,
    )


def _view(session: str, item: str, at_ms: int) -> NewEvent:
    return NewEvent(f"s{session}", item, "view", timestamp_ms=at_ms, session_id=session)


def _time_ms(text: str) -> int | None:
    try:
        return parse_time_ms(text)
    except ValueError:
        return None


def _in_time_order(events: list[NewEvent]) -> list[NewEvent]:
    """Ties as the file has them."""
    return sorted(events, key=lambda event: event.timestamp_ms or 0)


def _preset_of(table: Table, presets: Sequence[Preset]) -> Preset:
    found = preset_in(table, presets)
    if found is None:
        known = ", ".join(preset.name for preset in presets)
        raise UnusableFile(f"{table.path.name} has the columns of none of: {known}")
    return found


def preset_in(table: Table, presets: Sequence[Preset] = PRESETS) -> Preset | None:
    """The first format whose columns the table has, as lower-case names."""
    return next((p for p in map(_lower, presets) if _has(table, p, p.required)), None)


def _lower(preset: Preset) -> Preset:
    columns = {
        name: tuple(c if c.startswith("=") else c.lower() for c in candidates)
        for name, candidates in preset.columns.items()
    }
    return replace(preset, columns=columns)


def _plain(preset: Preset) -> Preset:
    """For rows under our own names."""
    return replace(preset, columns={name: (name,) for name in preset.columns})


def _has(table: Table, preset: Preset, names: Sequence[str]) -> bool:
    """Whether each of these fields has a column, or is a constant."""
    return all(
        any(c.startswith("=") or c in table.columns for c in preset.columns.get(name, ()))
        for name in names
    )


def _rows(table: Table, preset: Preset) -> Iterator[Row]:
    """The rows under our own names for things, every id a valid one."""
    ids = ValidIds()
    for place, fields in enumerate(table, 1):
        picked = pick(fields, preset.columns)
        for name in _IDS:
            if name in picked:
                picked[name] = ids[str(picked[name])]
        yield Row(place, "", picked)
