"""Query strings as strict as bodies: what stands behind the question mark fills a model."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, TypeVar, cast
from urllib.parse import parse_qsl

from pydantic import BaseModel

from web.json_input import validated
from web.problems import BadRequest

FIELDS_MAX = 1_000
_INTEGER = re.compile(r"-?[0-9]{1,15}")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_BOOLEANS = {"true": True, "false": False}

Model = TypeVar("Model", bound=BaseModel)


def query_values(model: type[Model], query_string: bytes) -> Model:
    """The model filled from `a=1&b=x`; lists by repeating their name. BadRequest, InvalidFields."""
    if not query_string:
        return cast(Model, _without_any(model))
    return validated(model, _values(_kinds(model), query_string))


@cache  # most events come without one, and nobody changes what is filled
def _without_any(model: type[BaseModel]) -> BaseModel:
    return validated(model, {})


def _values(kinds: Mapping[str, str], query_string: bytes) -> dict[str, object]:
    values: dict[str, Any] = {}
    for name, text in _pairs(query_string):
        kind = kinds.get(name, "string")
        if kind == "array":
            values.setdefault(name, []).append(text)
        elif name in values:
            raise BadRequest("duplicate_key", "The query names a parameter twice.")
        else:
            values[name] = _converted(kind, text)
    return values


def _pairs(query_string: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            query_string.decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=FIELDS_MAX,
        )
    except UnicodeDecodeError:
        raise BadRequest("not_utf8", "The query must be UTF-8.") from None
    except ValueError:
        raise BadRequest("too_many_parameters", f"At most {FIELDS_MAX:,} parameters.") from None


def _converted(kind: str, text: str) -> object:
    """The value that the text stands for; the text itself, for the model to refuse, if for none."""
    if kind == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    if kind == "number" and _NUMBER.fullmatch(text):
        return float(text)
    if kind == "boolean":
        return _BOOLEANS.get(text, text)
    return text


@lru_cache(maxsize=64)
def _kinds(model: type[BaseModel]) -> Mapping[str, str]:
    """JSON type of each field."""
    return {name: _kind(schema) for name, schema in model.model_json_schema()["properties"].items()}


def _kind(schema: Mapping[str, Any]) -> str:
    choices = [schema, *schema.get("anyOf", ())]
    return next((c["type"] for c in choices if c.get("type", "null") != "null"), "string")
