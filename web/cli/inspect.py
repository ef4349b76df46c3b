"""`tandem inspect`: what Redis holds, and the redis-cli lines that show the same.

It looks at a Redis that runs, and starts none.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from rich.text import Text

from service.bootstrap import system_clock
from service.errors import ServiceError
from service.inspection import Inspection, Table, open_inspection
from web.cli.console import (
    fail,
    load_settings,
    out,
    place_to_look_at,
    print_table,
    troubles_of,
)

inspect = typer.Typer(
    name="inspect", help="Show what Redis holds, with the redis-cli lines.", no_args_is_help=True
)

KEYS_READ = (
    "{p} is the partition of the user, written as a number: {0} where there is only one. "
    "Words in capitals stand for ids, times and names."
)


@inspect.command()
def user(user_id: str) -> None:
    """Profile, history, sessions and baskets of a user."""
    _show(
        _asked(lambda inspection: inspection.user(user_id)), f"Nothing is kept of user {user_id}."
    )


@inspect.command()
def item(item_id: str) -> None:
    """Catalogue, neighbours and counts of an item."""
    _show(
        _asked(lambda inspection: inspection.item(item_id)), f"Nothing is kept of item {item_id}."
    )


@inspect.command("dead-letters")
def dead_letters(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Show so many at most.")] = 50,
) -> None:
    """Records that can never be recorded, the newest first: why, and where they stood."""
    _show(_asked(lambda inspection: inspection.dead_letters(limit)), "There are no dead letters.")


@inspect.command()
def keys(
    limit: Annotated[
        int, typer.Option(min=1, help="Look at about this many keys at most.")
    ] = 100_000,
) -> None:
    """Which keys there are, how many, and how long they live."""

    async def census(inspection: Inspection) -> list[Table]:
        return [await inspection.keys(limit)]

    _show(_asked(census), "")
    out.print(KEYS_READ, style="dim", soft_wrap=True)


def _asked(question: Callable[[Inspection], Awaitable[list[Table]]]) -> list[Table]:
    settings = load_settings()
    place = place_to_look_at(settings)

    async def ask() -> list[Table]:
        async with open_inspection(settings, place, system_clock) as inspection:
            return await question(inspection)

    with troubles_of(ServiceError):
        return asyncio.run(ask())


def _show(tables: list[Table], otherwise: str) -> None:
    if not tables:
        fail(otherwise)
    for table in tables:
        title = f"{table.title}, {table.life}" if table.life else table.title
        print_table(title, table.columns, table.rows)
        out.print(Text(table.line, "dim"), soft_wrap=True)
        out.print()
