"""The service with a record script that calls every event new: what the audit must see in its counts."""

from unittest.mock import patch

from store import script
from web import app

CHECK = "if held then return nil, held == event.fingerprint and DUPLICATE or CONFLICT end"
right_source = script.source


class NothingToLeaveOut(Exception):
    """The script has no longer the line that is to be left out."""


def forgetful_source(name: str) -> str:
    """As `store.script.source`; `record` without its look at the known ids."""
    text = right_source(name)
    if name != "record":
        return text
    if CHECK not in text:
        raise NothingToLeaveOut(CHECK)
    return text.replace(CHECK, "")


def app_from_environment() -> app.Application:
    """A factory for uvicorn."""
    patch.object(script, "source", forgetful_source).start()
    return app.app_from_environment()
