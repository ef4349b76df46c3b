"""Single values of a row as what they must be. Each raises BadValue with a reason to report."""

import math
import re
from collections.abc import Mapping

from service import forms
from service.model import Scalar

ID = re.compile(forms.ID)
CURRENCY = re.compile(forms.CURRENCY)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_IMAGE = re.compile(forms.IMAGE)
_SHOWN = 40


class BadValue(ValueError):
    """A row is no event: the message is for its sender's eyes, and quotes it; `code` and `field` may be kept."""

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.field = field


def shown(value: object, length: int = _SHOWN) -> str:
    """A value of the file as a report may quote it: short, and on one line."""
    text = repr(str(value))
    return text if len(text) <= length else text[: length - 4] + "...'"


def missing(name: str) -> BadValue:
    return BadValue("missing_field", name, f"{name} is missing")


def required_id(name: str, value: object) -> str:
    checked = optional_id(name, value)
    if checked is None:
        raise missing(name)
    return checked


def optional_id(name: str, value: object) -> str | None:
    if value is None:
        return None
    text = str(value)
    if isinstance(value, bool | list | dict) or not ID.fullmatch(text):
        text = f"{name} {shown(value)} does not fit: letters, digits and ._~@-, at most 128"
        raise BadValue("invalid_id", name, text)
    return text


def optional_number(name: str, value: object, least: float = -forms.AMOUNT_MAX) -> float | None:
    """A number from `least` on."""
    if value is None:
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(str(value))
    except ValueError:
        number = math.nan
    if not least <= number <= forms.AMOUNT_MAX:
        text = f"{name} {shown(value)} is no number" + (" of 0 or more" * (least == 0))
        raise BadValue("invalid_number", name, text)
    return number


def optional_count(name: str, value: object) -> int | None:
    """A whole number of 1 or more."""
    number = optional_number(name, value)
    if number is None:
        return None
    if not 1 <= number <= forms.QUANTITY_MAX or number != int(number):
        text = f"{name} {shown(value)} is no whole number of 1 or more"
        raise BadValue("invalid_number", name, text)
    return int(number)


def optional_currency(value: object) -> str | None:
    if value is None:
        return None
    if not CURRENCY.fullmatch(str(value)):
        text = f"currency {shown(value)} is no code of three capital letters"
        raise BadValue("invalid_value", "currency", text)
    return str(value)


def optional_properties(value: object) -> Mapping[str, Scalar] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise BadValue("wrong_type", "properties", "properties is no object")
    return value


def optional_text(value: object, length: int) -> str | None:
    """One line of at most `length` characters; a longer one is cut."""
    if value is None:
        return None
    return _CONTROL.sub(" ", str(value)).strip()[:length].strip() or None


def optional_image(value: object) -> str | None:
    """A web address or a path; anything else is no image."""
    text = str(value or "").strip()
    return text if len(text) <= forms.IMAGE_LENGTH_MAX and _IMAGE.fullmatch(text) else None


def labels(value: object, separator: str | None, limit: int) -> tuple[str, ...]:
    """The first `limit` of a list, or of a text of several (separator None: white space)."""
    if value is None:
        return ()
    found = value if isinstance(value, list) else str(value).split(separator)
    texts = (optional_text(part, forms.LABEL_LENGTH_MAX) for part in found)
    return tuple(text for text in texts if text)[:limit]
