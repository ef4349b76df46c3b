"""The kinds of value that every message is made of, with their bounds."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from service import forms
from service.event_types import EVENT_TYPES
from service.strategies import BUILT_IN

ID_PATTERN = forms.ID
NAME_PATTERN = r"^[A-Za-z_][A-Za-z0-9_.-]{0,63}$"
# No control characters. Joiners and directions stay: emoji, Persian and Arabic need them.
TEXT_PATTERN = r"^[^\x00-\x1f\x7f-\x9f]*$"
CURRENCY_PATTERN = forms.CURRENCY
IMAGE_PATTERN = forms.IMAGE
RECOMMENDATION_ID_PATTERN = r"^[A-Za-z0-9._~@:+/=-]{1,512}$"
DIGEST_PATTERN = "^[0-9a-f]{32}$"
# As Redis takes them: no leading zero, 64 bits.
LETTER_ID_PATTERN = "^[1-9][0-9]{0,17}-[0-9]{1,18}$"
KEY_ID_PATTERN = "^[0-9a-f]{8}$"
# What each pattern asks for, in words.
FORMS: Mapping[str, str] = {
    ID_PATTERN: "An id has 1 to 128 characters of A-Z a-z 0-9 . _ ~ @ - "
    "and starts with a letter or digit.",
    NAME_PATTERN: "A name has 1 to 64 characters of A-Z a-z 0-9 _ . - "
    "and starts with a letter or _.",
    TEXT_PATTERN: "A text has no control characters, line breaks included.",
    CURRENCY_PATTERN: "A currency is three capital letters, as EUR.",
    IMAGE_PATTERN: "An image is an address with http:// or https://, or a path from /, "
    "without spaces, quotes, < > and backslashes.",
    RECOMMENDATION_ID_PATTERN: "A recommendation id is given back as it came with a list.",
    DIGEST_PATTERN: "A digest is 32 digits of 0-9 a-f.",
    LETTER_ID_PATTERN: "The id of a letter is given back as it came with the letter.",
    KEY_ID_PATTERN: "The id of a key is 8 digits of 0-9 a-f; GET /admin/keys lists them.",
}
LIMIT_MAX = 100
_EPOCH_MS = "A time is milliseconds since 1970, e.g. 1767225600000."
VALUE_LENGTH_MAX = 256

Id = Annotated[str, Field(pattern=ID_PATTERN, examples=["tent-4p"])]
Name = Annotated[str, Field(pattern=NAME_PATTERN)]
Label = Annotated[str, Field(min_length=1, max_length=forms.LABEL_LENGTH_MAX, pattern=TEXT_PATTERN)]
Text = Annotated[str, Field(max_length=forms.TITLE_LENGTH_MAX, pattern=TEXT_PATTERN)]
# Which names are known the service says, not the model: an unknown one has an error of its own.
EventTypeName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=64,
        examples=["view"],
        json_schema_extra={"enum": list(EVENT_TYPES)},
    ),
]
StrategyName = Annotated[
    str,
    Field(min_length=1, max_length=64),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "enum": list(BUILT_IN)},
                {"type": "string", "minLength": 1, "maxLength": 64},
            ],
            "examples": ["balanced"],
        }
    ),
]
STRATEGY = (
    "How lists are made: by one of these, or by one of the service's own (`TANDEM_STRATEGIES`)."
)
Amount = Annotated[float, Field(ge=-forms.AMOUNT_MAX, le=forms.AMOUNT_MAX, allow_inf_nan=False)]
Price = Annotated[float, Field(ge=0, le=forms.AMOUNT_MAX, allow_inf_nan=False)]
Currency = Annotated[str, Field(pattern=CURRENCY_PATTERN, examples=["EUR"])]
ImageUrl = Annotated[str, Field(max_length=forms.IMAGE_LENGTH_MAX, pattern=IMAGE_PATTERN)]
RecommendationId = Annotated[str, Field(pattern=RECOMMENDATION_ID_PATTERN)]


def _limit(value: object) -> object:
    """Any number or word that is no whole number of 1 to 100 is out of range, whatever its type."""
    if type(value) is int and 1 <= value <= LIMIT_MAX:
        return value
    raise PydanticCustomError("out_of_range", f"A limit is a whole number of 1 to {LIMIT_MAX}.")


def _not_seconds(at_ms: int) -> int:
    """As milliseconds these are the first months of 1970, as seconds the years 2001 to 2286."""
    if 10**9 <= at_ms < 10**10:
        raise PydanticCustomError(
            "time_in_seconds", "This looks like seconds: send milliseconds, 1,000 times as many."
        )
    return at_ms


def _scalar(value: object) -> object:
    if isinstance(value, bool | int | float):
        return _finite(value)
    if isinstance(value, str):
        return _short(value)
    raise PydanticCustomError("wrong_type", "A value is a string, a number or a boolean.")


def _finite(value: float) -> float:
    if abs(value) == float("inf"):
        raise PydanticCustomError("number_out_of_range", "The number is too large.")
    return value


def _short(value: str) -> str:
    if len(value) > VALUE_LENGTH_MAX:
        raise PydanticCustomError(
            "wrong_length", f"A value has at most {VALUE_LENGTH_MAX} characters."
        )
    try:
        value.encode()
    except UnicodeEncodeError:
        raise PydanticCustomError("invalid_unicode", "A string holds half a character.") from None
    return value


def _epoch_ms(value: object) -> object:
    """A date as text is easily sent: files for imports may hold such."""
    if type(value) is int:
        return value
    raise PydanticCustomError("wrong_type", _EPOCH_MS)


# The validator stands last, which runs it first.
Limit = Annotated[
    int, Field(ge=1, le=LIMIT_MAX, description="Length of the list."), BeforeValidator(_limit)
]
EpochMs = Annotated[
    int,
    Field(ge=0, description="Epoch milliseconds.", examples=[1767225600000]),
    AfterValidator(_not_seconds),
    BeforeValidator(_epoch_ms),
]
PropertyValue = Annotated[
    str | int | float | bool,
    PlainValidator(_scalar),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "maxLength": VALUE_LENGTH_MAX},
                {"type": "number"},
                {"type": "boolean"},
            ]
        }
    ),
]
Properties = Annotated[dict[Name, PropertyValue], Field(max_length=20)]


class Input(BaseModel):
    """What a client sends: exact types, no unknown field."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Output(BaseModel):
    """What a client is sent."""

    model_config = ConfigDict(extra="forbid", frozen=True)
