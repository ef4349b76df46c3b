"""Moments of a log as they are given on the command line."""

import re

from service.errors import InvalidInput
from service.importing.times import parse_time_ms
from store.keys import DAY_MS

_DAYS = re.compile(r"(\d+(?:\.\d+)?)d")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def moment_ms(text: str, first_ms: int) -> int:
    """A date means its end, `5d` five days after the log's first event; a time means itself. InvalidInput."""
    days = _DAYS.fullmatch(text)
    if days:
        return first_ms + round(float(days[1]) * DAY_MS)
    try:
        return parse_time_ms(text) + (DAY_MS if _DATE.fullmatch(text) else 0)
    except ValueError:
        raise InvalidInput("no_moment", f"{text!r} is no date, no time and no 5d.") from None
