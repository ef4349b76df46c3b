"""One finding of the doctor, and how grave it is."""

from dataclasses import dataclass
from typing import Literal

from service.settings import Settings

Level = Literal["ok", "open", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the report; `advice` is empty where all is well. `open`: it is too soon to tell."""

    level: Level
    name: str
    found: str
    advice: str = ""


def unsafe(settings: Settings, name: str, found: str, advice: str) -> Check:
    """What the service does not start with, unless the operator has said that it may."""
    if settings.insecure:
        return Check("warn", name, found, advice)
    return Check("fail", name, found, f"{advice} TANDEM_INSECURE=1 starts it all the same.")
