"""Single values of a row as what they must be. Each raises ValueError with a reason to report."""

import math
import re
from collections.abc import Mapping

from service.model import Scalar

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~@-]{0,127}")
CURRENCY = re.compile(r"[A-Z]{3}")
_SHOWN = 40


def shown(value: object) -> str:
    """A value of the file as a report may quote it: short, and on one line."""
    text = repr(str(value))
    return text if len(text) <= _SHOWN else text[: _SHOWN - 4] + "...'"


def required_id(name: str, value: object) -> str:
    checked = optional_id(name, value)
    if checked is None:
        raise ValueError(f"{name} is missing")
    return checked


def optional_id(name: str, value: object) -> str | None:
    if value is None:
        return None
    text = str(value)
    if isinstance(value, bool | list | dict) or not ID.fullmatch(text):
        raise ValueError(
            f"{name} {shown(value)} does not fit: letters, digits and ._~@-, at most 128"
        )
    return text


def optional_number(name: str, value: object) -> float | None:
    """A finite number of 0 or more."""
    if value is None:
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(str(value))
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < 0:
        raise ValueError(f"{name} {shown(value)} is no number of 0 or more")
    return number


def optional_count(name: str, value: object) -> int | None:
    """A whole number of 1 or more."""
    number = optional_number(name, value)
    if number is None:
        return None
    if number < 1 or number != int(number):
        raise ValueError(f"{name} {shown(value)} is no whole number of 1 or more")
    return int(number)


def optional_currency(value: object) -> str | None:
    if value is None:
        return None
    if not CURRENCY.fullmatch(str(value)):
        raise ValueError(f"currency {shown(value)} is no code of three capital letters")
    return str(value)


def optional_properties(value: object) -> Mapping[str, Scalar] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ValueError("properties is no object")
    return value


def parts(value: object, separator: str | None) -> tuple[str, ...]:
    """A list, or a text of several values (separator None: white space)."""
    if isinstance(value, list):
        return tuple(str(part) for part in value)
    return tuple(part.strip() for part in str(value).split(separator) if part.strip())
