"""`tandem doctor`: is this Redis fit for real data, and are the settings?"""

import asyncio

import typer

from service.bootstrap import system_clock
from service.doctor import examine
from service.private_redis import RedisDidNotStart
from service.redis_ladder import redis_place
from web.cli.console import load_settings, out, print_table, troubles_of

_MARKS = {"ok": "ok", "warn": "WARN", "fail": "FAIL"}


def doctor() -> None:
    """Examine Redis and the settings. Exit code 1 when something must be mended."""
    settings = load_settings()
    with troubles_of(RedisDidNotStart), redis_place(settings) as place:
        checks = asyncio.run(examine(settings, place.url, system_clock))
    rows = [(_MARKS[check.level], check.name, check.found, check.advice) for check in checks]
    print_table(f"Redis: {place.kind}", ("", "check", "found", "what to do"), rows)
    failed = sum(check.level == "fail" for check in checks)
    out.print(f"{failed} to mend." if failed else "Nothing to mend.")
    if failed:
        raise typer.Exit(1)
