"""`tandem import`: a file of events into a running service, once however often it is run."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from service.bootstrap import system_clock
from service.importing.files import open_file
from service.importing.mapping import map_item, price_fault
from service.importing.plan import ImportPlan, make_plan
from service.importing.presets import PRESETS, Preset
from service.importing.rows import Row, UnusableFile
from service.importing.survey import Faults
from service.model import Item
from web.batch import BATCH_EVENTS
from web.cli.address import HELP, VARIABLE, service_url
from web.cli.console import INTERRUPTED, err, fail, out, troubles_of
from web.cli.import_run import ImportRun, Refused, Tally
from web.cli.service_client import ServiceClient, ServiceFailed

FAULTS_SHOWN = 20


def import_file(
    file: Annotated[Path, typer.Argument(help="CSV, TSV or JSON lines; may be compressed (.gz).")],
    preset: Annotated[
        str, typer.Option(help=f"The file's format: {', '.join(PRESETS)}.")
    ] = "events",
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", help="FIELD=COLUMN, or FIELD==CONSTANT; may be repeated."),
    ] = None,
    items: Annotated[Path | None, typer.Option(help="A file of items, for the catalogue.")] = None,
    url: Annotated[str | None, typer.Option(help=HELP, envvar=VARIABLE)] = None,
    key: Annotated[str | None, typer.Option(help="Admin key.", envvar="TANDEM_ADMIN_KEY")] = None,
    keep_times: Annotated[
        bool, typer.Option("--keep-times", help="Do not shift the newest event to now.")
    ] = False,
    batch: Annotated[
        int, typer.Option(min=1, max=BATCH_EVENTS, help="Events in one request.")
    ] = 500,
) -> None:
    """Import events, and what the file says of items. A second run adds nothing."""
    where = service_url(url)
    with troubles_of(UnusableFile, ServiceFailed), ServiceClient(where, key) as client:
        overrides = _overrides(mapping or ())
        chosen = _preset(preset).mapped(overrides)
        with err.status(f"Reading {file.name}"):
            plan = make_plan(open_file(file, chosen), overrides, keep_times=keep_times)
        run = ImportRun(plan, client, Tally(), batch)
        try:
            run.run(
                0 if keep_times else system_clock() - plan.newest_ms, _extra_items(items, chosen)
            )
        except KeyboardInterrupt:
            err.print("Interrupted. The same command goes on from here.")
            raise typer.Exit(INTERRUPTED) from None
        finally:
            if run.tally.begun:
                _report(plan, run.tally)
    if not plan.survey.events:
        fail(f"Not one row of {file.name} could be imported.")


def _preset(name: str) -> Preset:
    if name not in PRESETS:
        raise UnusableFile(f"There is no preset {name!r}; there are: {', '.join(PRESETS)}")
    return PRESETS[name]


def _overrides(mapping: Sequence[str]) -> dict[str, str]:
    overrides = {}
    for one in mapping:
        name, _, column = one.partition("=")
        if not column:
            raise UnusableFile(f"--map {one}: write FIELD=COLUMN, or FIELD==CONSTANT")
        overrides[name] = column
    return overrides


def _extra_items(path: Path | None, preset: Preset) -> Iterator[Item]:
    """The items of a file of their own; a bad row is named and left out."""
    if path is None:
        return
    for row in open_file(path, preset, required=("item_id",)).rows():
        item = map_item(row, preset) if isinstance(row, Row) else row
        if not isinstance(item, Item):
            _tell(f"{path.name}, line {item.line}: {item.reason}")
            continue
        if isinstance(row, Row) and (wrong := price_fault(row, preset, item)):
            _tell(f"{path.name}, line {row.line}: {wrong}")
        yield item


def _report(plan: ImportPlan, tally: Tally) -> None:
    """What is in now, what was left out, and where in the file that stands."""
    faults = plan.survey.faults
    refused = sum(reason.count for reason in tally.refused.values())
    out.print(
        f"Events added: {tally.added:,}, there before: {tally.before + tally.known:,}, refused: {refused:,}. "
        f"Bad rows: {faults.count:,}. Items: {tally.items:,}.",
        soft_wrap=True,
    )
    if dead := refused + tally.rejected:
        out.print(
            f"Dead letters: {dead:,}. See tandem inspect dead-letters, or GET /admin/dead-letters.",
            soft_wrap=True,
        )
    _tell_first(faults, "bad rows")
    _tell_first(plan.survey.prices, "prices that were left out")
    for code, reason in tally.refused.items():
        _tell(f"{_lines(reason)}: {reason.count:,} refused, {code}: {reason.detail}")


def _tell_first(faults: Faults, what: str) -> None:
    for bad in faults.first[:FAULTS_SHOWN]:
        _tell(f"line {bad.line}: {bad.reason}")
    if faults.count > FAULTS_SHOWN:
        _tell(f"... {faults.count:,} {what} in all")


def _lines(reason: Refused) -> str:
    shown = ", ".join(map(str, reason.lines)) + (" ..." if reason.count > len(reason.lines) else "")
    return f"{'line' if reason.count == 1 else 'lines'} {shown}"


def _tell(text: str) -> None:
    err.print(Text(text), soft_wrap=True)
