"""What is wrong with a field, in our words: a table of all that Pydantic can find wrong with our models."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isinf
from typing import Any

from web.wire.fields import FORMS, ID_PATTERN


@dataclass(frozen=True, slots=True)
class Wording:
    """A stable code, and what is wanted; braces take the bounds that Pydantic names."""

    code: str
    text: str


_WHOLE_NUMBER = "A whole number is wanted."
_TRUE_OR_FALSE = "true or false is wanted."
_OBJECT = Wording("wrong_type", "An object is wanted.")
_TOO_LARGE = Wording("number_out_of_range", "The number is too large.")
_PATTERN = "string_pattern_mismatch"
# By Pydantic's type of error.
WORDINGS: Mapping[str, Wording] = {
    "missing": Wording("missing_field", "This is required."),
    "extra_forbidden": Wording("unknown_field", "There is no field of this name here."),
    "string_type": Wording("wrong_type", "A string is wanted."),
    "string_unicode": Wording("invalid_unicode", "A string holds half a character."),
    "string_too_short": Wording("wrong_length", "{min_length} or more characters are wanted."),
    "string_too_long": Wording("wrong_length", "At most {max_length} characters are taken."),
    _PATTERN: Wording("invalid_value", "The text does not have the form that is wanted here."),
    "int_type": Wording("wrong_type", _WHOLE_NUMBER),
    "int_parsing": Wording("out_of_range", _WHOLE_NUMBER),
    "int_parsing_size": Wording("out_of_range", _TOO_LARGE.text),
    "float_type": Wording("wrong_type", "A number is wanted."),
    "finite_number": _TOO_LARGE,
    "greater_than_equal": Wording("out_of_range", "The least number taken is {ge}."),
    "less_than_equal": Wording("out_of_range", "The greatest number taken is {le}."),
    "bool_type": Wording("wrong_type", _TRUE_OR_FALSE),
    "bool_parsing": Wording("wrong_type", _TRUE_OR_FALSE),
    "list_type": Wording("wrong_type", "An array is wanted."),
    "too_long": Wording("wrong_length", "At most {max_length} values are taken."),
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "literal_error": Wording("invalid_value", "{expected} is wanted."),
}
# Codes that our own validators raise, with their own words.
OWN_CODES = frozenset(
    {
        "invalid_unicode",
        "missing_field",
        "number_out_of_range",
        "out_of_range",
        "time_in_seconds",
        "unknown_field",
        "wrong_length",
        "wrong_type",
    }
)


def worded(error: Mapping[str, Any]) -> Wording:
    """One of Pydantic's errors in our words; neutral where the table has none."""
    kind, sent, bounds = error["type"], error.get("input"), error.get("ctx", {})
    # A number beyond what the parser takes has become an infinity, which is of no other type.
    if isinstance(sent, float) and isinf(sent):
        return _TOO_LARGE
    if kind in OWN_CODES:
        return Wording(kind, error["msg"])
    if kind == _PATTERN and bounds["pattern"] in FORMS:
        code = "invalid_id" if bounds["pattern"] == ID_PATTERN else WORDINGS[kind].code
        return Wording(code, FORMS[bounds["pattern"]])
    found = WORDINGS.get(kind)
    if found is None:
        code = "wrong_type" if kind.endswith("_type") else "invalid_value"
        return Wording(code, "The value is not valid here.")
    return Wording(found.code, found.text.format_map(_readable(bounds)))


def _readable(bounds: Mapping[str, Any]) -> Mapping[str, Any]:
    """Numbers as people write them: 1,000,000 for 1e6."""
    return {name: f"{b:,.16g}" if isinstance(b, int | float) else b for name, b in bounds.items()}
