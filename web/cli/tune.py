"""`tandem tune`: weights learned from a log, as a strategy in a file."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from service.errors import ServiceError
from service.evaluation.options import PRODUCT, PUBLISHED, Options
from service.evaluation.protocols import READERS, Input
from service.importing.rows import UnusableFile
from service.private_redis import RedisDidNotStart
from service.settings import PREFIX
from service.strategies import BUILT_IN, DEFAULT
from service.strategy_files import SUFFIX, UnusableStrategy, check_name
from service.tuning import Tuned, Tuning
from service.weight_control import TELLING
from web.cli.console import err, fail, out, troubles_of
from web.cli.replaying import INPUT_HELP, check_strategy, format_of, replay_bars, replay_place

NAME = "tuned"


def tune(
    train: Annotated[Path, typer.Option(help="Events to learn from; may be compressed (.gz).")],
    input_: Annotated[Input | None, typer.Option("--input", help=INPUT_HELP)] = None,
    strategy: Annotated[str, typer.Option(help="The strategy to begin with.")] = DEFAULT,
    name: Annotated[
        str, typer.Option(help="Name of the result; a built-in's name replaces it.")
    ] = NAME,
    output: Annotated[
        Path | None, typer.Option("--out", help="Where to write it. Without it: NAME.json.")
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="What the data are called in the result.")
    ] = None,
    share: Annotated[
        float,
        typer.Option(min=0.01, max=0.9, help="Share of the sessions, the last, to learn from."),
    ] = 0.1,
    labels: Annotated[int, typer.Option(min=1, help="Learn from so many events at most.")] = 10_000,
    published: Annotated[
        bool, typer.Option("--published", help="By the rules of the published tables.")
    ] = False,
    redis: Annotated[
        str | None, typer.Option(help="Redis to replay into; its other keys stay untouched.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of whatever is drawn.")] = 0,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the result's file if there is one.")
    ] = False,
) -> None:
    """Learn a strategy's weights from a log and write them into a file for TANDEM_STRATEGIES."""
    rules = PUBLISHED if published else PRODUCT
    options = Options(rules, strategy, valid_share=share, labels=labels, seed=seed)
    troubles = (ServiceError, RedisDidNotStart, UnusableFile, UnusableStrategy, OSError)
    target = output or Path(name + SUFFIX)
    with troubles_of(*troubles):
        check_name(name)
        check_strategy(strategy)
        _check_target(target, replace=force)
        format_ = format_of(input_, train)
        with err.status("Reading"):
            log = READERS[format_](train)
        tuning = Tuning(log, options, name, data or train.name)
        with replay_place(redis, "tune") as place, replay_bars() as bars:
            tuned = asyncio.run(tuning.run(place, bars))
        target.write_text(tuned.file.model_dump_json(indent=2) + "\n", encoding="utf8")
    out.print(_summary(tuned), markup=False, soft_wrap=True)
    out.print(
        f"Written: {target}. Use it: {PREFIX}STRATEGIES={target}", markup=False, soft_wrap=True
    )
    for warning in _warnings(tuned):
        err.print(f"Warning: {warning}", markup=False, soft_wrap=True)


def _check_target(target: Path, *, replace: bool) -> None:
    if not target.parent.is_dir():
        fail(f"{target.parent} is no folder.")
    if target.exists() and not replace:
        fail(
            f"{target} is there already: choose another --name or --out, or replace it by --force."
        )


def _warnings(tuned: Tuned) -> Iterator[str]:
    seen, name = tuned.predictions.seen, tuned.file.name
    if seen < TELLING:
        yield f"{seen:,} events teach little: at least {TELLING} are wanted (--share, a longer log)."
    if name in BUILT_IN:
        yield f"the service will use it in place of its own {name}."


def _summary(tuned: Tuned) -> str:
    found = tuned.predictions
    examples = ", ".join(f"{count:,} after {last}" for last, count in tuned.file.examples.items())
    return (
        f"Learned from {found.seen:,} events ({examples}), which were predicted, each before it was "
        f"learned from, with HR@20 {found.hits / found.seen:.3f}, MRR@20 {found.ranks / found.seen:.3f}."
    )
