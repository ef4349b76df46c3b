"""Writes the reference documents from the code: `python -m web.reference`.

docs/settings.md from the settings, docs/openapi.json from the routes, docs/asyncapi.yaml from the
models. With `--check` it only says which of them are out of date.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from service.limit_settings import LimitSettings
from service.settings import PREFIX, Settings
from web.app import create_app
from web.asyncapi import asyncapi

DOCS = Path(__file__).parents[1] / "docs"
_SETTINGS_HEAD = """\
# Settings

Environment variables; lists are separated by commas. This page is written by `scripts/reference`
from `service/settings.py`.

| variable | default | bounds | what it does |
| --- | --- | --- | --- |
"""


def documents() -> dict[str, str]:
    """File name to text."""
    return {
        "settings.md": settings_markdown(),
        "openapi.json": openapi_json(),
        "asyncapi.yaml": "\n".join(_yaml(asyncapi(), "")) + "\n",
    }


def settings_markdown() -> str:
    """A table with a row for each setting, those of limits at the end."""
    fields = Settings.model_json_schema()["properties"]
    ordered = sorted(fields, key=lambda name: name in LimitSettings.model_fields)
    return _SETTINGS_HEAD + "".join(_row(name, fields[name]) for name in ordered)


def openapi_json() -> str:
    """The description that a worker gives at /openapi.json."""
    description = create_app(Settings.model_construct()).fastapi.openapi()
    return json.dumps(description, indent=2, ensure_ascii=False) + "\n"


def out_of_date(folder: Path) -> list[str]:
    """The documents that do not say what the code does."""
    return [
        name
        for name, text in documents().items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf8") != text
    ]


def main() -> int:
    """Writes, or checks; 1 where something is out of date."""
    if "--check" in sys.argv[1:]:
        late = out_of_date(DOCS)
        sys.stdout.write("".join(f"out of date: docs/{name}\n" for name in late))
        return min(len(late), 1)
    for name, text in documents().items():
        (DOCS / name).write_text(text, encoding="utf8")
    return 0


def _row(name: str, schema: Mapping[str, Any]) -> str:
    cells = (f"`{PREFIX}{name.upper()}`", _default(schema), _bounds(schema), schema["description"])
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _default(schema: Mapping[str, Any]) -> str:
    default = schema.get("default")
    if default in ("", [], None):
        return "empty"
    if isinstance(default, list):
        return f"`{','.join(default)}`"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _bounds(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if schema["type"] == "boolean":
        return "`true` or `false`"
    if "pattern" in schema:
        return f"`{schema['pattern']}`"
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    above = "over " if "exclusiveMinimum" in schema else ""
    return "" if low is None else f"{above}{low:,} to {schema['maximum']:,}"


def _yaml(value: object, indent: str) -> Iterator[str]:
    """The lines of block YAML; every scalar as JSON writes it, which YAML reads alike."""
    if isinstance(value, dict) and value:
        for key, child in value.items():
            yield from _entry(
                f"{indent}{json.dumps(key) if _needs_quotes(key) else key}:", child, indent
            )
    elif isinstance(value, list) and value:
        for child in value:
            first, *rest = _yaml(child, indent + "  ")
            yield f"{indent}- {first.removeprefix(indent + '  ')}"
            yield from rest
    else:
        yield indent + json.dumps(value, ensure_ascii=False)


def _entry(head: str, child: object, indent: str) -> Iterator[str]:
    if isinstance(child, dict | list) and child:
        yield head
        yield from _yaml(child, indent + "  ")
    else:
        yield f"{head} {json.dumps(child, ensure_ascii=False)}"


def _needs_quotes(key: str) -> bool:
    return not key.replace("_", "").isalnum() or key[:1].isdigit()


if __name__ == "__main__":
    sys.exit(main())
