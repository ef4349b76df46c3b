"""The OpenAPI description as one page: written here, so that it needs no script and no other server."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import orjson

Schema = Mapping[str, Any]
_STYLE = "/static/docs.css"


def docs_page(description: Schema) -> str:
    """HTML with every operation, its parameters, an example to copy and its answers."""
    info = description["info"]
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width, initial-scale=1'>"
        f"<title>{escape(info['title'])} API</title>"
        f"<link rel=stylesheet href='{_STYLE}'></head><body><main>"
        f"<h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>"
        f"<p>{escape(info['summary'])}</p><p>{escape(info['description'])}</p>"
        "<p>For programs: <a href='/openapi.json'>openapi.json</a></p>"
        f"<nav><ul>{''.join(_contents(description))}</ul></nav>"
        f"{''.join(_sections(description))}</main></body></html>"
    )


def _operations(description: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _contents(description: Schema) -> Iterator[str]:
    for method, path, operation in _operations(description):
        name = escape(operation["operationId"])
        yield f"<li><a href='#{name}'><code>{method} {escape(path)}</code></a> "
        yield f"{escape(operation.get('summary', ''))}</li>"


def _sections(description: Schema) -> Iterator[str]:
    for method, path, operation in _operations(description):
        yield f"<section id='{escape(operation['operationId'])}'>"
        yield f"<h2><code>{method} {escape(path)}</code></h2>"
        yield f"<p>{escape(operation.get('description', ''))}</p>"
        yield from _parameters(operation)
        yield from _body(description, operation)
        yield from _answers(description, operation)
        yield "</section>"


def _parameters(operation: Schema) -> Iterator[str]:
    parameters = operation.get("parameters", [])
    if not parameters:
        return
    yield "<h3>Parameters</h3><dl>"
    for parameter in parameters:
        schema = parameter["schema"]
        about = parameter.get("description") or schema.get("description") or ""
        yield f"<dt><code>{escape(parameter['name'])}</code> in {escape(parameter['in'])}</dt>"
        yield f"<dd>{escape(about)}</dd>"
    yield "</dl>"


def _body(description: Schema, operation: Schema) -> Iterator[str]:
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<h3>Body, {escape(media_type)}</h3>{_example(description, content)}"


def _answers(description: Schema, operation: Schema) -> Iterator[str]:
    yield "<h3>Answers</h3>"
    for status, answer in operation["responses"].items():
        yield f"<details><summary>{status}: {escape(answer['description'])}</summary>"
        for content in answer.get("content", {}).values():
            yield _example(description, content)
        yield "</details>"


def _example(description: Schema, content: Schema) -> str:
    example = content.get("example") or _example_of(description, content.get("schema", {}))
    if example is None:
        return ""
    text = orjson.dumps(example, option=orjson.OPT_INDENT_2).decode()
    return f"<pre>{escape(text)}</pre>"


def _example_of(description: Schema, schema: Schema) -> object:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = description["components"]["schemas"][name]
    if schema.get("type") == "array":
        item = _example_of(description, schema["items"])
        return None if item is None else [item]
    return next(iter(schema.get("examples", ())), None)
