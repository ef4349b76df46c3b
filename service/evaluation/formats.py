"""Which format a log has, as far as its columns tell."""

from pathlib import Path

from service.evaluation.protocols import Input, Protocol
from service.evaluation.readers import ITEM, SESSION, TIME, preset_in
from service.evaluation.tables import Table
from service.importing.fields import shown
from service.importing.presets import MOVIELENS
from service.importing.rows import UnusableFile


def input_of(path: Path) -> Input:
    """The format of a log. Raises UnusableFile where its columns tell none."""
    table = Table(path, MOVIELENS.header)
    preset = preset_in(table)
    if preset is not None:
        return Input.MOVIELENS if preset.name == MOVIELENS.name else Input.EVENTS
    if table.column_if_any(*SESSION) and table.column_if_any(*ITEM):
        return Input.SESSIONS if table.column_if_any(*TIME) else Input.SRGNN
    held = shown(", ".join(table.columns), 100)
    raise UnusableFile(f"{path.name} has columns that tell no format, {held}: say --input")


def input_of_both(train: Path, test: Path | None, protocol: Protocol) -> Input:
    """The one format of both files. Raises UnusableFile where they differ."""
    found = input_of(train)
    # Of SR-GNN's test files there is no table: their reader looks at each line.
    if test is None or (found is Input.SRGNN and protocol is Protocol.NEXT_ITEM):
        return found
    other = input_of(test)
    if other is not found:
        raise UnusableFile(
            f"{test.name} is of another format ({other}) than {train.name} ({found})"
        )
    return found


def unread_time(path: Path) -> str | None:
    """The column of times that a table of sessions has, and that `srgnn` would not read."""
    table = Table(path)
    return table.column_if_any(*TIME) if table.column_if_any(*SESSION) else None
