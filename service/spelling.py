"""What somebody may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest_name(sent: str, known: Iterable[str]) -> str | None:
    """The known name that is most like what was sent, if any is."""
    found = get_close_matches(sent, list(known), n=1)
    return found[0] if found else None
