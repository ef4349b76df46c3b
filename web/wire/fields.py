"""The kinds of value that every message is made of, with their bounds."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._~@-]{0,127}$"
NAME_PATTERN = r"^[A-Za-z_][A-Za-z0-9_.-]{0,63}$"
# No control characters. Joiners and directions stay: emoji, Persian and Arabic need them.
TEXT_PATTERN = r"^[^\x00-\x1f\x7f-\x9f]*$"
LIMIT_MAX = 100
VALUE_LENGTH_MAX = 256

Id = Annotated[str, Field(pattern=ID_PATTERN, examples=["tent-4p"])]
Name = Annotated[str, Field(pattern=NAME_PATTERN)]
Label = Annotated[str, Field(min_length=1, max_length=128, pattern=TEXT_PATTERN)]
Text = Annotated[str, Field(max_length=500, pattern=TEXT_PATTERN)]
EventTypeName = Annotated[str, Field(min_length=1, max_length=64, examples=["view"])]
StrategyName = Annotated[str, Field(min_length=1, max_length=64, examples=["balanced"])]
EpochMs = Annotated[int, Field(ge=0, description="Epoch milliseconds.", examples=[1767225600000])]
Amount = Annotated[float, Field(ge=-1e12, le=1e12, allow_inf_nan=False)]
Price = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["EUR"])]
# Web addresses and paths only: a page shows what is here.
ImageUrl = Annotated[str, Field(max_length=2_000, pattern=r"^(https?://|/)[^\s<>\"'\\]*$")]


def _limit(value: object) -> object:
    """Any number or word that is no whole number of 1 to 100 is out of range, whatever its type."""
    if type(value) is int and 1 <= value <= LIMIT_MAX:
        return value
    raise PydanticCustomError("out_of_range", "A limit is a whole number of 1 to 100.")


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
        raise PydanticCustomError("wrong_length", "A value has at most 256 characters.")
    return value


Limit = Annotated[
    int, BeforeValidator(_limit), Field(ge=1, le=LIMIT_MAX, description="Length of the list.")
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
