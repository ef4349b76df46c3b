"""`tandem token`: a user's token, as a shop's server makes them."""

import re
from typing import Annotated

import typer

from service.bootstrap import system_clock
from web.cli.console import fail, load_settings, troubles_of
from web.tokens import LIFE_S, Tokens

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}


def token(
    user_id: Annotated[str, typer.Argument(help="The user that the token speaks for.")],
    ttl: Annotated[
        str | None, typer.Option(help="How long it lives, as 90s, 30m or 1h; an hour at first.")
    ] = None,
) -> None:
    """Make a user's token with TANDEM_TOKEN_SECRET, to try things out; it alone is printed."""
    settings = load_settings()
    if not settings.token_secret:
        fail("TANDEM_TOKEN_SECRET is not set: tokens are made with it, and checked with it.")
    longest_s = settings.token_ttl_s
    life_s = min(LIFE_S, longest_s) if ttl is None else _seconds(ttl)
    with troubles_of(ValueError):
        tokens = Tokens(settings.token_secrets, system_clock, longest_s)
        typer.echo(tokens.make(user_id, life_s))


def _seconds(text: str) -> int:
    match = re.fullmatch(r"([0-9]{1,9})([smhd]?)", text)
    if match is None:
        fail("--ttl is a number of seconds, or ends in s, m, h or d: 90s, 30m, 1h.")
    return int(match[1]) * _SECONDS[match[2]]
