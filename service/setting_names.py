"""Environment names that look like settings and are none: a misspelt one would be ignored without a word."""

from collections.abc import Iterable
from difflib import get_close_matches

from service.settings import PREFIX, Settings

# Not the service's: key and address for its clients, and two switches of the tests.
READ_ELSEWHERE = ("ADMIN_KEY", "URL", "LONG", "REQUIRE_REAL")


def unknown_names(environment: Iterable[str]) -> list[str]:
    """The names with our prefix that nobody reads, in order."""
    known = _known()
    return sorted(
        name
        for name in environment
        if name.upper().startswith(PREFIX) and _without_prefix(name) not in known
    )


def warning_of(name: str) -> str:
    """What to say of an unknown name, with the nearest known one."""
    nearest = get_close_matches(_without_prefix(name), _known(), n=1)
    hint = f"Did you mean {PREFIX}{nearest[0]}?" if nearest else "docs/settings.md lists all."
    return f"{name} is no setting and changes nothing. {hint}"


def _known() -> list[str]:
    return [*map(str.upper, Settings.model_fields), *READ_ELSEWHERE]


def _without_prefix(name: str) -> str:
    # Settings are read whatever the case of their names.
    return name.upper().removeprefix(PREFIX)
