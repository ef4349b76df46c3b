"""`tandem evaluate`: how good are the lists on a log, through the product's own code?"""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from service.errors import ServiceError
from service.evaluation.options import Options
from service.evaluation.protocols import Files, Input, Protocol, evaluation_of, rules_of
from service.importing.rows import UnusableFile
from service.private_redis import RedisDidNotStart
from service.strategies import DEFAULT
from web.cli.console import err, fail, out, troubles_of
from web.cli.figures_table import print_figures
from web.cli.replaying import INPUT_HELP, check_strategy, format_of, replay_bars, replay_place

STANDARD_OUTPUT = Path("-")


def evaluate(
    train: Annotated[Path, typer.Option(help="Events to record; may be compressed (.gz).")],
    test: Annotated[
        Path | None,
        typer.Option(help="What to predict; without it the last sessions of the training file."),
    ] = None,
    items: Annotated[
        Path | None, typer.Option(help="A file of items for the catalogue (not next-item).")
    ] = None,
    protocol: Annotated[Protocol, typer.Option(help="How labels are made.")] = Protocol.NEXT_ITEM,
    input_: Annotated[Input | None, typer.Option("--input", help=INPUT_HELP)] = None,
    valid_share: Annotated[
        float, typer.Option(min=0, max=0.5, help="Share of the sessions, the last, to learn from.")
    ] = 0.1,
    labels: Annotated[int, typer.Option(min=0, help="Learn from so many events at most.")] = 10_000,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Predict only so many, drawn at random.")
    ] = None,
    split_at: Annotated[
        str | None, typer.Option(help="End of the warm-up or training: a date, a time, or 5d.")
    ] = None,
    frozen_after: Annotated[
        str | None, typer.Option(help="Record nothing from then on (prequential).")
    ] = None,
    rebuild_hours: Annotated[
        float, typer.Option(min=0, help="Rebuild so often while events go on (prequential).")
    ] = 24,
    strategy: Annotated[str, typer.Option(help="The strategy to evaluate.")] = DEFAULT,
    product: Annotated[
        bool,
        typer.Option(
            "--product", help="As the product does: no current item, no repeats in a row."
        ),
    ] = False,
    exclude_last: Annotated[
        bool, typer.Option("--exclude-last", help="Keep only the last item out of the lists.")
    ] = False,
    sources: Annotated[
        bool, typer.Option("--sources", help="Score each source alone, too.")
    ] = False,
    redis: Annotated[
        str | None, typer.Option(help="Redis to replay into; its other keys stay untouched.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of whatever is drawn.")] = 0,
    json_file: Annotated[
        Path | None,
        typer.Option(
            "--json", help="Where to write all figures; - prints them instead of a table."
        ),
    ] = None,
) -> None:
    """Replay a log and print hit rate and reciprocal rank at 20, as the published tables count them."""
    if json_file is not None and not json_file.parent.is_dir():
        fail(f"{json_file.parent} is no folder.")
    check_strategy(strategy)
    options = Options(
        rules=rules_of(protocol, product=product, exclude_last=exclude_last),
        strategy_name=strategy,
        valid_share=valid_share,
        labels=labels,
        sample=sample,
        by_source=sources,
        rebuild_hours=rebuild_hours,
        seed=seed,
    )
    with troubles_of(ServiceError, RedisDidNotStart, UnusableFile, OSError):
        format_ = format_of(input_, train, test, protocol)
        files = Files(format_, train, test, items, split_at, frozen_after)
        found = _run(protocol, files, options, redis)
        _tell(
            {"protocol": protocol.value, "input": format_.value, "seed": seed, **found}, json_file
        )


def _tell(figures: dict[str, object], json_file: Path | None) -> None:
    """As a table, and in whole into the file; `-`: in whole on standard output, and nothing else there."""
    text = json.dumps(figures, indent=2) + "\n"
    if json_file == STANDARD_OUTPUT:
        typer.echo(text, nl=False)
        return
    if json_file is not None:
        json_file.write_text(text, encoding="utf8")
    print_figures(figures)
    where = json_file or "--json FILE"
    out.print(f"All figures: {where}", markup=False, soft_wrap=True)


def _run(
    protocol: Protocol, files: Files, options: Options, redis: str | None
) -> dict[str, object]:
    """In the Redis that is given, under a prefix of its own, or in one that is thrown away afterwards."""
    with err.status("Reading"):
        evaluation = evaluation_of(protocol, files, options)
    with replay_place(redis, "evaluate") as place, replay_bars() as bars:
        return asyncio.run(evaluation.run(place, bars))
