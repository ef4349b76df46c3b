"""Opens a file of events, plain or compressed, and tells its form by its first line."""

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from service.importing.fields import shown
from service.importing.presets import Preset
from service.importing.rows import (
    BadRow,
    Row,
    UnusableFile,
    column_name,
    read_json_lines,
    read_table,
)

_GZIP_MAGIC = b"\x1f\x8b"
_PIECE_BYTES = 1 << 20
_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile)


@dataclass(frozen=True, slots=True)
class EventFile:
    """A file and how to read it. `delimiter` is None for JSON lines; `columns` only where the file
    does not name them."""

    path: Path
    preset: Preset
    delimiter: str | None
    columns: tuple[str, ...] = ()

    def rows(self) -> Iterator[Row | BadRow]:
        """Every row from the first on; where the compression is damaged, a bad row ends them."""
        number = 0
        try:
            with open_bytes(self.path) as raw, _text(raw) as lines:
                for row in self._read(lines):
                    number = row.line
                    yield row
        except _DAMAGED:
            text = "the compressed file is cut off or damaged from here on"
            yield BadRow(number + 1, text, "damaged_file")

    def _read(self, lines: io.TextIOWrapper) -> Iterator[Row | BadRow]:
        if self.delimiter is None:
            return read_json_lines(lines)
        return read_table(lines, self.delimiter, self.columns)


def open_file(path: Path, preset: Preset, required: Sequence[str] | None = None) -> EventFile:
    """Looks at the first line. Raises UnusableFile when a required field has no column.

    `required` replaces what the preset requires.
    """
    first = _first_line(path)
    if first.lstrip().startswith("{"):
        return EventFile(path, preset, delimiter=None)
    delimiter = _delimiter(first)
    names = [column_name(name.strip('"')) for name in first.split(delimiter)]
    known = {column for columns in preset.columns.values() for column in columns}
    if not known.intersection(names) and len(names) == len(preset.header):
        return EventFile(path, preset, delimiter, preset.header)
    _check(names, preset, preset.required if required is None else required)
    return EventFile(path, preset, delimiter)


def content_digest(path: Path) -> str:
    """SHA-256 of what the file holds, compressed or not; of its whole part when it is damaged."""
    digest = hashlib.sha256()
    try:
        with open_bytes(path) as raw:
            while piece := raw.read(_PIECE_BYTES):
                digest.update(piece)
    except _DAMAGED:
        digest.update(b"damaged")
    return digest.hexdigest()


def open_bytes(path: Path) -> gzip.GzipFile | io.BufferedReader:
    """The file's content, uncompressed. Raises UnusableFile where it cannot be read."""
    try:
        with path.open("rb") as raw:
            compressed = raw.read(2) == _GZIP_MAGIC
        return gzip.GzipFile(path) if compressed else path.open("rb")
    except OSError as error:
        raise UnusableFile(f"{path} cannot be read: {error.strerror}") from None


def _text(raw: gzip.GzipFile | io.BufferedReader) -> io.TextIOWrapper:
    # What is not UTF-8 must not end the reading: its row is reported as bad.
    return io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")


def _first_line(path: Path) -> str:
    try:
        with open_bytes(path) as raw, _text(raw) as lines:
            first = lines.readline().rstrip("\r\n")
    except _DAMAGED:
        raise UnusableFile(f"{path} is damaged from its first line on") from None
    if not first.strip():
        raise UnusableFile(f"{path} is empty")
    return first


def _delimiter(line: str) -> str:
    if "\t" in line:
        return "\t"
    return ";" if line.count(";") > line.count(",") else ","


def _check(names: Sequence[str], preset: Preset, required: Sequence[str]) -> None:
    for name in required:
        candidates = preset.columns.get(name, ())
        constant = any(column.startswith("=") for column in candidates)
        if not constant and not set(candidates) & set(names):
            raise UnusableFile(
                f"no column for {name}: the file has {shown(', '.join(names), 200)}; "
                f"name one with --map {name}=COLUMN, or choose another --preset"
            )
