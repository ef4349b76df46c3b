"""The import of one file: what it is called, and its events as they are to be sent."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from service.importing.files import EventFile, content_digest
from service.importing.mapping import MappedRow
from service.importing.ordering import in_time_order
from service.importing.survey import Survey, good_rows, survey
from service.model import NewEvent

# A change of what a row becomes needs a new version: progress counts the events of one version.
MAPPING_VERSION = 2
# Rows without times are spaced evenly, at most this far apart and over no more than these days.
SPACING_MS = 1_000
SPREAD_MS = 12 * 86_400_000


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """An event ready to be sent, and the line that it comes from."""

    line: int
    event: NewEvent


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """A file that has been read once. `digest` names its import: same content, same mapping."""

    file: EventFile
    digest: str
    survey: Survey

    @property
    def newest_ms(self) -> int:
        """The newest event's time; of rows without times, as they are spaced from 0 on."""
        if self.file.preset.has_times:
            return self.survey.newest_ms
        return (self.survey.events - 1) * spacing_ms(self.survey.events)

    def events(self, shift_ms: int, skip: int = 0) -> Iterator[SourceEvent]:
        """The events in the order of time, all times shifted, without the first `skip` of them."""
        identified = self._identified()
        for row, event_id in islice(identified, skip, None):
            event = replace(
                row.event,
                event_id=row.event.event_id or event_id,
                timestamp_ms=row.time_ms + shift_ms,
            )
            yield SourceEvent(row.line, event)

    def _identified(self) -> Iterator[tuple[MappedRow, str]]:
        rows = good_rows(self.file.rows(), self.file.preset)
        if not self.file.preset.has_times:
            return _by_line(rows, spacing_ms(self.survey.events))
        return _by_occurrence(rows if self.survey.in_order else in_time_order(rows))


def make_plan(file: EventFile, mapping: Mapping[str, str], *, keep_times: bool) -> ImportPlan:
    """Reads the file once for its digest and once for the survey."""
    named = [MAPPING_VERSION, file.preset.name, sorted(mapping.items()), keep_times]
    name = json.dumps([content_digest(file.path), *named])
    digest = hashlib.sha256(name.encode()).hexdigest()[:32]
    return ImportPlan(file, digest, survey(file.rows(), file.preset))


def spacing_ms(events: int) -> int:
    """The pause between two rows without times."""
    return max(1, min(SPACING_MS, SPREAD_MS // max(events, 1)))


def _by_occurrence(rows: Iterable[MappedRow]) -> Iterator[tuple[MappedRow, str]]:
    """Identical rows have the same time, so in the order of time they are counted within it."""
    at_ms, seen = -1, dict[str, int]()
    for row in rows:
        if row.time_ms != at_ms:
            at_ms, seen = row.time_ms, {}
        seen[row.text] = seen.get(row.text, 0) + 1
        yield row, _event_id(row.text, seen[row.text])


def _by_line(rows: Iterable[MappedRow], step_ms: int) -> Iterator[tuple[MappedRow, str]]:
    """Identical rows without times lie apart, so the line tells them apart."""
    for place, row in enumerate(rows):
        yield replace(row, time_ms=place * step_ms), _event_id(row.text, row.line)


def _event_id(text: str, occurrence: int) -> str:
    digest = hashlib.sha256(f"{occurrence}\n{text}".encode()).hexdigest()
    return f"row-{digest[:24]}"
