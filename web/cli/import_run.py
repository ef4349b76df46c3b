"""One run of an import: catalogue first, then the events, each batch noted on the service."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import orjson

from service.importing.plan import ImportPlan
from service.model import Item
from web.cli.progress import progress_bar
from web.cli.service_client import (
    BatchAnswer,
    ProgressSeen,
    ServiceClient,
    event_content,
    item_content,
)
from web.wire.dead_letters import ROWS_MAX

T = TypeVar("T")

LINES_SHOWN = 5
# Below what the service takes in one body.
ITEMS_BYTES = 200_000
ITEMS_COUNT = 500
EVENTS_BYTES = 900_000


@dataclass(slots=True)
class Refused:
    """All events that were refused for one reason, with the lines of the first."""

    detail: str
    count: int = 0
    lines: list[int] = field(default_factory=list)

    def add(self, line: int) -> None:
        self.count += 1
        if len(self.lines) < LINES_SHOWN:
            self.lines.append(line)


@dataclass(slots=True)
class Tally:
    """What became of the events sent in this run; `before` were in already. `refused` goes by code.

    `rejected` rows are no events, and were told to the service as such. `begun`: the service has answered.
    """

    begun: bool = False
    before: int = 0
    items: int = 0
    added: int = 0
    known: int = 0
    rejected: int = 0
    refused: dict[str, Refused] = field(default_factory=dict)

    def add(self, answer: BatchAnswer) -> None:
        self.added += answer.added
        self.known += answer.known
        for refusal in answer.refusals:
            self.refused.setdefault(refusal.code, Refused(refusal.detail)).add(refusal.line)


@dataclass(frozen=True, slots=True)
class ImportRun:
    """Sends what a plan holds. Interrupted anywhere, another run goes on from there."""

    plan: ImportPlan
    client: ServiceClient
    tally: Tally
    batch: int

    def run(self, shift_ms: int, more_items: Iterable[Item]) -> None:
        """Sends what is not in yet, and `more_items` in any case: they may have changed.

        `shift_ms` is used unless an earlier run has noted another.
        """
        digest = self.plan.digest
        seen = self.client.progress(digest) or self.client.note(digest, shift_ms, 0)
        self.tally.begun, self.tally.before = True, seen.rows_done
        first_items = self.plan.survey.items.values() if seen.rows_done == 0 else ()
        self._send_items([*first_items, *more_items])
        if seen.rows_done == 0:
            self._send_rejected()
        if seen.rows_done < self.plan.survey.events:
            self._send_events(seen)

    def _send_items(self, items: list[Item]) -> None:
        if not items:
            return
        with progress_bar() as progress:
            task = progress.add_task("Items ", total=len(items))
            for part in chunks(items, _item_bytes, ITEMS_COUNT, ITEMS_BYTES):
                self.client.put_items(part)
                self.tally.items += len(part)
                progress.advance(task, len(part))

    def _send_rejected(self) -> None:
        """Once a file: a run that goes on finds them noted."""
        rows = self.plan.survey.faults.first
        for start in range(0, len(rows), ROWS_MAX):
            self.client.reject(self.plan.digest, rows[start : start + ROWS_MAX])
        self.tally.rejected = len(rows)

    def _send_events(self, seen: ProgressSeen) -> None:
        done = seen.rows_done
        events = self.plan.events(seen.shift_ms, skip=done)
        with progress_bar() as progress:
            task = progress.add_task("Events", total=self.plan.survey.events, completed=done)
            for part in chunks(events, lambda s: _bytes(event_content(s.event)), self.batch):
                self.tally.add(self.client.record(part))
                done += len(part)
                self.client.note(self.plan.digest, seen.shift_ms, done)
                progress.update(task, completed=done)


def chunks(
    values: Iterable[T], bytes_of: Callable[[T], int], count: int, limit: int = EVENTS_BYTES
) -> Iterator[list[T]]:
    """The values in lists of at most `count`, together at most `limit` bytes (one may be more)."""
    part: list[T] = []
    size = 0
    for value in values:
        more = bytes_of(value) + 1
        if part and (len(part) == count or size + more > limit):
            yield part
            part, size = [], 0
        part.append(value)
        size += more
    if part:
        yield part


def _item_bytes(item: Item) -> int:
    return _bytes(item_content(item))


def _bytes(content: object) -> int:
    return len(orjson.dumps(content))
