"""How far the import of a file is."""

from typing import Annotated

from pydantic import ConfigDict, Field

from web.wire.fields import Input, Output

_YEARS_MS = 10_000 * 366 * 86_400_000
ShiftMs = Annotated[
    int, Field(ge=-_YEARS_MS, le=_YEARS_MS, description="Added to every time of the file.")
]
RowsDone = Annotated[int, Field(ge=0, le=2**53 - 1, description="Events of the file that are in.")]


class ImportInput(Input):
    """What the importer has done."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"shift_ms": 0, "rows_done": 500}]})

    shift_ms: ShiftMs
    rows_done: RowsDone


class ImportOut(Output):
    """What is known of an import."""

    model_config = ConfigDict(
        title="Import",
        json_schema_extra={"examples": [{"digest": "0f" * 16, "shift_ms": 0, "rows_done": 500}]},
    )

    digest: str = Field(description="Names the content of the file and its mapping.")
    shift_ms: ShiftMs
    rows_done: RowsDone
