"""Tables of any origin as rows by lower-case column name: comma, semicolon or tab, with or without a header."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from service.importing.files import open_bytes
from service.importing.rows import UnusableFile, column_name

Fields = dict[str, str]


class Table:
    """A file of rows. `columns` are its names in lower case; iterating reads it from the first row on.

    A row of another length than the header's is counted in `broken` and left out. Raises UnusableFile where the file
    is empty or cannot be read.
    """

    def __init__(self, path: Path, columns_without_header: Sequence[str] = ()) -> None:
        """`columns_without_header`: what the columns are when the first line has as many and ends with a number."""
        self.path = path
        self.broken = 0
        with _text(path) as lines:
            first = lines.readline().rstrip("\r\n")
        if not first.strip():
            raise UnusableFile(f"{path.name} is empty")
        self._delimiter = max("\t,;", key=first.count)
        names = tuple(
            column_name(name).lower() for name in next(_records([first], self._delimiter))
        )
        self._has_header = not (len(names) == len(columns_without_header) and _number(names[-1]))
        self.columns = names if self._has_header else tuple(columns_without_header)

    def __iter__(self) -> Iterator[Fields]:
        self.broken = 0
        with _text(self.path) as lines:
            if self._has_header:
                next(lines)
            for values in _records(lines, self._delimiter):
                if len(values) == len(self.columns):
                    yield dict(zip(self.columns, values, strict=True))
                elif values:
                    self.broken += 1

    def column(self, *names: str) -> str:
        """The first of these columns that the file has. Raises UnusableFile when it has none."""
        found = self.column_if_any(*names)
        if found is None:
            wanted, held = " or ".join(names), ", ".join(self.columns)
            raise UnusableFile(f"{self.path.name} has no column {wanted}, but {held}")
        return found

    def column_if_any(self, *names: str) -> str | None:
        return next((name for name in names if name in self.columns), None)


def _text(path: Path) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        open_bytes(path), encoding="utf-8-sig", errors="surrogateescape", newline=""
    )


def _records(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """In tables separated by tabs a quote is an ordinary character."""
    if delimiter == "\t":
        return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    return csv.reader(lines, delimiter=delimiter)


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
