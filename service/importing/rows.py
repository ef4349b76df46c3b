"""Lines of a file as rows with named fields, each with the number of its line."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

# RecBole's atomic files write the type of a column into its name.
_RECBOLE_TYPES = (":token", ":token_seq", ":float", ":float_seq")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the number of its last line (from 1), its text, its fields by column."""

    line: int
    text: str
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is left out, and why: in words that may quote it, and as a code with the field that is wrong."""

    line: int
    reason: str
    code: str
    field: str = ""


class UnusableFile(Exception):
    """Nothing of the file can be imported; the message says what to do."""


def read_table(
    lines: Iterable[str], delimiter: str, columns: Sequence[str] = ()
) -> Iterator[Row | BadRow]:
    """Rows of a table. Without `columns` the first line names them.

    In tables separated by tabs a quote is an ordinary character.
    """
    kept = _Kept(lines)
    if delimiter == "\t":
        records = csv.reader(kept, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    else:
        records = csv.reader(kept, delimiter=delimiter)
    header = tuple(columns) or tuple(column_name(name) for name in next(records, ()))
    kept.take()
    while True:
        try:
            values = next(records)
        except StopIteration:
            return
        except csv.Error as error:
            kept.take()
            yield BadRow(records.line_num, f"not a row: {error}", "invalid_csv")
            continue
        text = kept.take()
        if values:
            yield _table_row(records.line_num, text, header, values)


def read_json_lines(lines: Iterable[str]) -> Iterator[Row | BadRow]:
    """Rows of a file with one JSON object a line."""
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        if text:
            yield _json_row(number, text)


def column_name(written: str) -> str:
    """A column's name without what RecBole adds to it."""
    name, colon, kind = written.strip().partition(":")
    return name if colon + kind in _RECBOLE_TYPES else written.strip()


def _table_row(line: int, text: str, header: Sequence[str], values: Sequence[str]) -> Row | BadRow:
    if not _is_unicode(text):
        return BadRow(line, "not UTF-8", "not_utf8")
    if len(values) != len(header):
        text = f"{len(values)} fields instead of {len(header)}"
        return BadRow(line, text, "wrong_field_count")
    return Row(line, text, dict(zip(header, values, strict=True)))


def _json_row(line: int, text: str) -> Row | BadRow:
    if not _is_unicode(text):
        return BadRow(line, "not UTF-8", "not_utf8")
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return BadRow(line, "not JSON", "invalid_json")
    if not isinstance(fields, dict):
        return BadRow(line, "not a JSON object", "wrong_type")
    return Row(line, text, fields)


def _is_unicode(text: str) -> bool:
    """Whether the line was UTF-8: what was not is kept as lone surrogates."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Kept:
    """Passes lines on and keeps those of the row in hand: a quoted field may hold line ends."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._held: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._held.append(line)
            yield line

    def take(self) -> str:
        text = "".join(self._held).rstrip("\r\n")
        self._held.clear()
        return text
