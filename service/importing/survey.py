"""What one reading of a file tells before anything is sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from service.importing.mapping import MappedRow, map_row, price_fault
from service.importing.presets import Preset
from service.importing.rows import BadRow, Row
from service.model import Item

#: As many as the service keeps of what was turned away.
KEPT_FAULTS = 10_000


@dataclass(slots=True)
class Faults:
    """What was wrong with rows: all are counted, the first are kept."""

    count: int = 0
    first: list[BadRow] = field(default_factory=list)

    def add(self, row: BadRow) -> None:
        self.count += 1
        if len(self.first) < KEPT_FAULTS:
            self.first.append(row)


@dataclass(frozen=True, slots=True)
class Survey:
    """How many events the file holds, their newest time, whether they stand in the order of time,
    what the rows say of each item (the last row that says anything holds), which rows are left out,
    and of which only the price is."""

    events: int
    newest_ms: int
    in_order: bool
    items: Mapping[str, Item]
    faults: Faults
    prices: Faults


def survey(rows: Iterable[Row | BadRow], preset: Preset) -> Survey:
    """Reads all rows once."""
    faults, prices = Faults(), Faults()
    items: dict[str, Item] = {}
    events, newest_ms, in_order = 0, 0, True
    for row in rows:
        if isinstance(row, BadRow):
            faults.add(row)
            continue
        mapped = map_row(row, preset)
        if isinstance(mapped, BadRow):
            faults.add(mapped)
            continue
        events += 1
        in_order = in_order and mapped.time_ms >= newest_ms
        newest_ms = max(newest_ms, mapped.time_ms)
        if mapped.item:
            items[mapped.item.item_id] = mapped.item
        if wrong := price_fault(row, preset, mapped.item):
            prices.add(BadRow(row.line, wrong, "invalid_number", "price"))
    return Survey(events, newest_ms, in_order, items, faults, prices)


def good_rows(rows: Iterable[Row | BadRow], preset: Preset) -> Iterable[MappedRow]:
    """The rows that are events; the survey has reported the others."""
    for row in rows:
        if isinstance(row, Row):
            mapped = map_row(row, preset)
            if isinstance(mapped, MappedRow):
                yield mapped
