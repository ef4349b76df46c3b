"""What the commands that replay a log have in common: where they do it, and the bars that they show meanwhile."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from service.errors import NotFound
from service.evaluation.formats import input_of_both, unread_time
from service.evaluation.protocols import Input, Protocol
from service.evaluation.replay import Place, Progress
from service.redis_ladder import redis_place
from service.settings import PREFIX
from service.strategy_files import UnusableStrategy, strategies_at
from web.cli.console import err, fail, load_settings
from web.cli.progress import progress_bar

REPORT_EVERY = 50
INPUT_HELP = "The format; told by the columns unless given."


def format_of(
    given: Input | None,
    train: Path,
    test: Path | None = None,
    protocol: Protocol = Protocol.NEXT_ITEM,
) -> Input:
    """The format that is given, or that of the files. Raises UnusableFile where they do not fit together."""
    if given is None:
        return input_of_both(train, test, protocol)
    if given is Input.SRGNN and (column := unread_time(train)):
        text = (
            f"Warning: {train.name} has a column {column}, which srgnn does not read: its rows count "
            "as they stand, a second apart. Without --input the column is read."
        )
        err.print(text, markup=False, soft_wrap=True)
    return given


def check_strategy(name: str) -> None:
    """Ends, before the work, where there is no such strategy or no strategy can be read."""
    place = load_settings().strategies
    try:
        strategies_at(place).get(name)
    except UnusableStrategy as error:
        fail(str(error))
    except NotFound as error:
        where = f"{PREFIX}STRATEGIES ({place or 'not set'}) names the file or folder of more"
        fail(f"There is no strategy {name!r}. {error.detail} {where}.")


@contextmanager
def replay_place(redis: str | None, name: str) -> Iterator[Place]:
    """The Redis that is given, under a prefix of its own, or one that is thrown away afterwards."""
    with TemporaryDirectory() as folder:
        settings = load_settings(redis_url=redis, data_dir=folder)
        with redis_place(settings) as place:
            prefix = f"{name}-{secrets.token_hex(4)}:"
            yield Place(place.url, prefix, rebuild_here=place.kind == "embedded")


@contextmanager
def replay_bars() -> Iterator[Progress]:
    """A bar for each phase, from its first report on."""
    with progress_bar() as bar:
        tasks = {}

        def progress(phase: str, done: int, total: int) -> None:
            if phase not in tasks:
                tasks[phase] = bar.add_task(phase, total=total)
            if phase != "predict" or done % REPORT_EVERY == 0 or done == total:
                bar.update(tasks[phase], completed=done, total=total)

        yield progress
