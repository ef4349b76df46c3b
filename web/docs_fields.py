"""The fields of a JSON schema as rows of a table: name, type, whether needed, bounds, meaning."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from re import sub
from typing import Any

from web.wire.fields import FORMS

Schema = Mapping[str, Any]
_HEAD = "<tr><th>Field</th><th>Type</th><th>Needed</th><th>Bounds</th><th>Meaning</th></tr>"
_RANGES = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " values"),
    ("minProperties", "maxProperties", " fields"),
)


@dataclass(frozen=True, slots=True)
class Field:
    """A row: one field of a body, or one parameter."""

    name: str
    schema: Schema
    required: bool
    about: str


def fields_of(model: Schema) -> list[Field]:
    """What an object may hold."""
    required = model.get("required", ())
    return [
        Field(name, schema, name in required, schema.get("description", ""))
        for name, schema in model.get("properties", {}).items()
    ]


def table(fields: Iterable[Field]) -> str:
    """HTML; empty where there are no fields."""
    rows = "".join(_row(field) for field in fields)
    return f"<table>{_HEAD}{rows}</table>" if rows else ""


def prose(text: str) -> str:
    """HTML of a text with `code` and empty lines between paragraphs."""
    paragraphs = [paragraph for paragraph in text.split("\n\n") if paragraph.strip()]
    return "".join(f"<p>{_inline(paragraph)}</p>" for paragraph in paragraphs)


def type_of(schema: Schema) -> str:
    """HTML that names the type; models are links to where they are described."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f"<a href='#{name}'>{name}</a>"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(type_of(choice) for choice in schema["anyOf"]))
    kind = str(schema.get("type", "any"))
    if kind == "array":
        return f"array of {type_of(schema['items'])}"
    values = _values_of(schema)
    return f"object of {type_of(values)}" if values else kind


def bounds_of(schema: Schema) -> str:
    """HTML of what a value must keep to; empty where any of the type will do."""
    return "; ".join(dict.fromkeys(_bounds(schema)))


def _row(field: Field) -> str:
    cells = (_needed(field), bounds_of(field.schema), _inline(field.about))
    name = f"<td><code>{escape(field.name)}</code></td><td>{type_of(field.schema)}</td>"
    return f"<tr>{name}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _needed(field: Field) -> str:
    if field.required:
        return "required"
    default = field.schema.get("default")
    if default in (None, [], {}):
        return "optional"
    said = str(default).lower() if isinstance(default, bool) else str(default)
    return f"default <code>{escape(said)}</code>"


def _bounds(schema: Schema) -> Iterator[str]:
    """Of the value itself, then of what it holds."""
    if "enum" in schema or "const" in schema:
        known = schema.get("enum") or [schema["const"]]
        yield "one of " + ", ".join(f"<code>{escape(str(value))}</code>" for value in known)
        return
    for least, most, unit in _RANGES:
        if least in schema or most in schema:
            yield _range(schema.get(least), schema.get(most)) + unit
    if "pattern" in schema:
        yield _form(schema["pattern"])
    for name in schema.get("patternProperties", ()):
        yield _form(name)
    choices = " or ".join(filter(None, map(bounds_of, schema.get("anyOf", ()))))
    if choices:
        yield choices
    held = schema.get("items") or _values_of(schema)
    if held:
        yield from (f"each: {bound}" for bound in _bounds(held))


def _range(least: float | None, most: float | None) -> str:
    if least is None:
        return f"at most {most:,.16g}"
    return f"{least:,.16g} or more" if most is None else f"{least:,.16g} to {most:,.16g}"


def _form(pattern: str) -> str:
    """The pattern in words, where there are some."""
    words = FORMS.get(pattern)
    return escape(words.rstrip(".")) if words else f"<code>{escape(pattern)}</code>"


def _values_of(schema: Schema) -> Schema | None:
    """The schema of the values of an object whose names are free."""
    for values in (
        *schema.get("patternProperties", {}).values(),
        schema.get("additionalProperties"),
    ):
        if isinstance(values, Mapping):
            return values
    return None


def _inline(text: str) -> str:
    return sub("`([^`]+)`", r"<code>\1</code>", escape(text))
