"""How the commands speak to a terminal: results on standard output, troubles on standard error."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.private_redis import RedisDidNotStart
from service.redis_ladder import NoStoreRunning, RedisPlace, running_redis
from service.settings import PREFIX, Settings

NOTHING_RUNS = 2
INTERRUPTED = 130  # as a shell says of a program that Ctrl-C ended

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def fail(message: str, exit_code: int = 1) -> NoReturn:
    """Says what is wrong and ends with that exit code."""
    err.print(Text("Error: ", "bold red") + Text(message), soft_wrap=True)
    raise typer.Exit(exit_code)


def load_settings(**given: object) -> Settings:
    """The settings of the environment, with what the command line gives. Ends where one is wrong."""
    try:
        return Settings.model_validate({k: v for k, v in given.items() if v is not None})
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        fail(f"{PREFIX}{str(wrong['loc'][0]).upper()}: {wrong['msg']}")


def place_to_look_at(settings: Settings) -> RedisPlace:
    """The Redis that runs, said on standard error. Ends with exit code 2 where none does."""
    try:
        place = running_redis(settings)
    except NoStoreRunning as error:
        fail(str(error), NOTHING_RUNS)
    except RedisDidNotStart as error:
        fail(str(error))
    err.print(f"Redis: {place.kind}, {place.note}", markup=False, style="dim", soft_wrap=True)
    return place


@contextmanager
def troubles_of(*kinds: type[Exception]) -> Iterator[None]:
    """Turns expected exceptions into one line and exit code 1."""
    try:
        yield
    except kinds as error:
        fail(str(error))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table of plain texts: what data hold is never taken for markup.

    Lines are broken between words only: an id stays whole to be copied, be the table wider than the terminal.
    """
    out.print(Text(title, "bold"), soft_wrap=True)
    table, shown = Table(), list(rows)
    for place, column in enumerate(columns):
        texts = (column, *(row[place] for row in shown))
        longest = max(len(word) for text in texts for word in text.split() or [""])
        table.add_column(column, min_width=longest, overflow="fold")
    for row in shown:
        table.add_row(*map(Text, row))
    out.print(table, crop=False)
