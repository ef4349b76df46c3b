"""`tandem doctor`: is this Redis fit for real data, and are the settings?"""

import asyncio
from collections.abc import Sequence

import typer

from service.bootstrap import system_clock
from service.check import Check, Level
from service.doctor import examine
from web.cli.console import load_settings, out, place_to_look_at, print_table

_MARKS = {"ok": "ok", "open": "?", "warn": "WARN", "fail": "FAIL"}


def doctor() -> None:
    """Examine Redis and the settings. Exit code 1 when something must be mended, 2 when no store runs."""
    settings = load_settings()
    place = place_to_look_at(settings)
    checks = asyncio.run(examine(settings, place.url, system_clock))
    rows = [(_MARKS[check.level], check.name, check.found, check.advice) for check in checks]
    print_table("Checks", ("", "check", "found", "what to do"), rows)
    out.print(_summary(checks))
    if _count(checks, "fail"):
        raise typer.Exit(1)


def _summary(checks: Sequence[Check]) -> str:
    failed, warned = _count(checks, "fail"), _count(checks, "warn")
    parts = [f"{failed} to mend"] if failed else []
    if warned:
        parts.append(f"{warned} warning" + ("s" if warned > 1 else ""))
    return (", ".join(parts) or "Nothing to mend") + "."


def _count(checks: Sequence[Check], level: Level) -> int:
    return sum(check.level == level for check in checks)
