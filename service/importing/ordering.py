"""Brings rows into the order of time, in bounded memory: counting follows the order of arrival."""

import heapq
import pickle
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from typing import IO

from service.importing.mapping import MappedRow

ROWS_IN_MEMORY = 200_000


def in_time_order(
    rows: Iterable[MappedRow], rows_in_memory: int = ROWS_IN_MEMORY
) -> Iterator[MappedRow]:
    """The rows by time, ties as the file has them; temporary files hold what memory should not."""
    left = iter(rows)
    first = sorted(islice(left, rows_in_memory), key=_place)
    with ExitStack() as files:
        runs: list[Iterable[MappedRow]] = [first]
        while run := sorted(islice(left, rows_in_memory), key=_place):
            spilled = files.enter_context(tempfile.TemporaryFile())
            runs.append(_spill(run, spilled))
        yield from heapq.merge(*runs, key=_place)


def _place(row: MappedRow) -> tuple[int, int]:
    return row.time_ms, row.line


def _spill(run: list[MappedRow], file: IO[bytes]) -> Iterator[MappedRow]:
    for row in run:
        pickle.dump(row, file)
    file.seek(0)
    return _read_back(file, len(run))


def _read_back(file: IO[bytes], count: int) -> Iterator[MappedRow]:
    for _ in range(count):
        row: MappedRow = pickle.load(file)
        yield row
