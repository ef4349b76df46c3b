"""Environment names that look like settings and are none: a misspelt one would be ignored without a word."""

from collections.abc import Iterable

from service.settings import PREFIX, Settings
from service.spelling import nearest_name

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
    nearest = nearest_name(_without_prefix(name), _known())
    hint = f"Did you mean {PREFIX}{nearest}?" if nearest else "docs/settings.md lists all."
    return f"{name} is no setting and changes nothing. {hint}"


def _known() -> list[str]:
    return [*map(str.upper, Settings.model_fields), *READ_ELSEWHERE]


def _without_prefix(name: str) -> str:
    # Settings are read whatever the case of their names.
    return name.upper().removeprefix(PREFIX)
