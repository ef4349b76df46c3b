"""What one reading of a file tells before anything is sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from service.importing.mapping import MappedRow, map_row
from service.importing.presets import Preset
from service.importing.rows import BadRow, Row
from service.model import Item

SHOWN_FAULTS = 20


@dataclass(slots=True)
class Faults:
    """Rows left out: all are counted, the first are kept for the report."""

    count: int = 0
    first: list[BadRow] = field(default_factory=list)

    def add(self, row: BadRow) -> None:
        self.count += 1
        if len(self.first) < SHOWN_FAULTS:
            self.first.append(row)


@dataclass(frozen=True, slots=True)
class Survey:
    """How many events the file holds, their newest time, whether they stand in the order of time,
    and what the rows say of each item (the last row that says anything holds)."""

    events: int
    newest_ms: int
    in_order: bool
    items: Mapping[str, Item]
    faults: Faults


def survey(rows: Iterable[Row | BadRow], preset: Preset) -> Survey:
    """Reads all rows once."""
    faults = Faults()
    items: dict[str, Item] = {}
    events, newest_ms, in_order = 0, 0, True
    for row in rows:
        mapped = row if isinstance(row, BadRow) else map_row(row, preset)
        if isinstance(mapped, BadRow):
            faults.add(mapped)
            continue
        events += 1
        in_order = in_order and mapped.time_ms >= newest_ms
        newest_ms = max(newest_ms, mapped.time_ms)
        if mapped.item:
            items[mapped.item.item_id] = mapped.item
    return Survey(events, newest_ms, in_order, items, faults)


def good_rows(rows: Iterable[Row | BadRow], preset: Preset) -> Iterable[MappedRow]:
    """The rows that are events; the survey has reported the others."""
    for row in rows:
        if isinstance(row, Row):
            mapped = map_row(row, preset)
            if isinstance(mapped, MappedRow):
                yield mapped
