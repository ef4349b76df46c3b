"""The OpenAPI description as one page: written here, so that it needs no script and no other server."""

from collections.abc import Iterator
from html import escape

import orjson

from web.docs_fields import Field, Schema, bounds_of, fields_of, prose, table, type_of

_STYLE, _ICON = "/static/docs.css", "/static/icon.svg"
_PLACES = {"path": "In the path", "query": "Query", "header": "Headers"}


def docs_page(description: Schema) -> str:
    """HTML with every operation, its fields, an example to copy, its answers, and every model."""
    info = description["info"]
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width, initial-scale=1'>"
        f"<title>{escape(info['title'])} API</title>"
        f"<link rel=icon href='{_ICON}' type=image/svg+xml>"
        f"<link rel=stylesheet href='{_STYLE}'></head><body><main>"
        f"<h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>"
        f"<p>{escape(info['summary'])}</p>{prose(info['description'])}"
        "<p>For programs: <a href='/openapi.json'>openapi.json</a>, and "
        "<a href='/asyncapi.json'>asyncapi.json</a> for the messages of Socket.IO</p>"
        f"<nav><ul>{''.join(_contents(description))}</ul></nav>"
        f"{''.join(_sections(description))}{''.join(_models(description))}</main></body></html>"
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
        yield prose(operation.get("description", ""))
        yield from _parameters(operation)
        yield from _body(description, operation)
        yield from _answers(description, operation)
        yield "</section>"


def _parameters(operation: Schema) -> Iterator[str]:
    parameters = operation.get("parameters", [])
    for place, title in _PLACES.items():
        fields = [
            Field(p["name"], p["schema"], p["required"], p["description"])
            for p in parameters
            if p["in"] == place
        ]
        if fields:
            yield f"<h3>{title}</h3>{table(fields)}"


def _body(description: Schema, operation: Schema) -> Iterator[str]:
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        schema = content["schema"]
        whole = ", ".join(filter(None, (type_of(schema), bounds_of(schema))))
        yield f"<h3>Body, {escape(media_type)}: {whole}</h3>"
        yield table(fields_of(_model_of(description, schema)))
        yield _example(description, content)


def _answers(description: Schema, operation: Schema) -> Iterator[str]:
    yield "<h3>Answers</h3>"
    for status, answer in operation["responses"].items():
        yield f"<details><summary>{status}: {escape(answer['description'])}</summary>"
        for media_type, content in answer.get("content", {}).items():
            yield f"<p>{escape(media_type)}: {type_of(content.get('schema', {}))}</p>"
            yield _example(description, content)
        yield "</details>"


def _models(description: Schema) -> Iterator[str]:
    yield "<h2>Models</h2>"
    for name, model in description["components"]["schemas"].items():
        yield f"<section id='{escape(name)}'><h3><code>{escape(name)}</code></h3>"
        yield f"{prose(model.get('description', ''))}{table(fields_of(model))}</section>"


def _example(description: Schema, content: Schema) -> str:
    example = content.get("example") or _example_of(description, content.get("schema", {}))
    if example is None:
        return ""
    text = orjson.dumps(example, option=orjson.OPT_INDENT_2).decode()
    return f"<pre>{escape(text)}</pre>"


def _example_of(description: Schema, schema: Schema) -> object:
    example = next(iter(_model_of(description, schema).get("examples", ())), None)
    return [example] if example is not None and schema.get("type") == "array" else example


def _model_of(description: Schema, schema: Schema) -> Schema:
    """The model that a schema names, or an array of which it is."""
    named = schema.get("items", schema).get("$ref")
    if named is None:
        return {}
    model: Schema = description["components"]["schemas"][named.rpartition("/")[2]]
    return model
