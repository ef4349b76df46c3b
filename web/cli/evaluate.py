"""`tandem evaluate`: how good are the lists on a log, through the product's own code?"""

import asyncio
import json
import secrets
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from service.errors import ServiceError
from service.evaluation import Evaluation, NextItem, read_srgnn_test, read_srgnn_train, sampled
from service.private_redis import RedisDidNotStart
from service.redis_ladder import redis_place
from web.cli.console import err, fail, load_settings, out, troubles_of

REPORT_EVERY = 50


class Protocol(StrEnum):
    """How labels are made."""

    NEXT_ITEM = "next-item"


class Input(StrEnum):
    """The files' format."""

    SRGNN = "srgnn"


def evaluate(
    train: Annotated[Path, typer.Option(help="Events to record first; may be compressed (.gz).")],
    test: Annotated[Path, typer.Option(help="What to predict; may be compressed (.gz).")],
    protocol: Annotated[Protocol, typer.Option(help="How labels are made.")] = Protocol.NEXT_ITEM,
    input_: Annotated[Input, typer.Option("--input", help="The files' format.")] = Input.SRGNN,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Predict only so many, drawn at random.")
    ] = None,
    strategy: Annotated[str, typer.Option(help="The strategy to evaluate.")] = "balanced",
    redis: Annotated[
        str | None, typer.Option(help="Redis to replay into; its other keys stay untouched.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the sample.")] = 0,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Where to write the figures.")
    ] = None,
) -> None:
    """Replay a log and print hit rate and reciprocal rank at 20, as the published tables count them."""
    with troubles_of(ServiceError, RedisDidNotStart, OSError):
        events = list(read_srgnn_train(train))
        predictions = sampled(read_srgnn_test(test), sample, seed)
        if not predictions:
            fail(f"{test.name} holds nothing to predict.")
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=err,
        ) as bar:
            tasks = {phase: bar.add_task(phase, total=None) for phase in ("record", "predict")}

            def progress(phase: str, done: int, total: int) -> None:
                if done % REPORT_EVERY == 0 or done == total or phase == "record":
                    bar.update(tasks[phase], completed=done, total=total)

            run = NextItem(events, predictions, strategy, progress)
            evaluation = _run(run, redis)
    figures = {"protocol": protocol.value, "input": input_.value, "seed": seed}
    figures |= evaluation.as_json()
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=2) + "\n")
    out.print_json(data=figures)


def _run(run: NextItem, redis: str | None) -> Evaluation:
    """In the Redis that is given, under a prefix of its own, or in one that is thrown away afterwards."""
    prefix = f"evaluate-{secrets.token_hex(4)}:"
    with TemporaryDirectory() as folder:
        settings = load_settings(redis_url=redis, data_dir=folder)
        with redis_place(settings) as place:
            return asyncio.run(run.run(place.url, prefix))
