"""The reference documents say what the code does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter

from service.settings import Settings
from web import asyncapi, reference
from web.app import create_app
from web.problems import MEDIA_TYPE
from web.wire import (
    catalogue,
    dead_letters,
    events,
    imports,
    jobs,
    keys,
    problem,
    recommendations,
    rules,
    sockets,
    users,
    weights,
)

WIRE = (
    *(catalogue, dead_letters, events, imports, jobs, keys, problem),
    *(recommendations, rules, sockets, users, weights),
)
MODELS = sorted(
    {
        each
        for module in WIRE
        for each in vars(module).values()
        if isinstance(each, type)
        and issubclass(each, BaseModel)
        and each.__module__ == module.__name__
    },
    key=lambda model: model.__name__,
)


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    return create_app(Settings()).fastapi.openapi()


def operations(openapi: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from [child] if key == "$ref" else references(child)
    elif isinstance(value, list):
        for child in value:
            yield from references(child)


def resolve(document: dict[str, Any], reference: str) -> Any:
    value: Any = document
    for name in reference.removeprefix("#/").split("/"):
        value = value[name]
    return value


def test_the_documents_are_up_to_date() -> None:
    assert reference.out_of_date(reference.DOCS) == [], "run scripts/reference"


def test_a_document_that_differs_or_is_missing_is_out_of_date(tmp_path: Path) -> None:
    for name, text in reference.documents().items():
        (tmp_path / name).write_text(text)
    (tmp_path / "settings.md").write_text("old")
    (tmp_path / "openapi.json").unlink()
    assert reference.out_of_date(tmp_path) == ["settings.md", "openapi.json"]


def test_every_setting_has_a_row_with_its_help() -> None:
    text = reference.settings_markdown()
    for name, field in Settings.model_fields.items():
        assert f"| `TANDEM_{name.upper()}` |" in text
        assert field.description is not None
        assert field.description.replace("|", "\\|") in text


def test_the_yaml_says_the_same_as_the_plain_data() -> None:
    yaml = pytest.importorskip("yaml")
    text = reference.documents()["asyncapi.yaml"]
    assert yaml.safe_load(text) == json.loads(json.dumps(asyncapi.asyncapi()))


@pytest.mark.parametrize("name", [*asyncapi.SENT_BY_SERVER, *asyncapi.SENT_BY_CLIENT])
def test_a_message_has_the_schema_of_its_model(name: str) -> None:
    document = asyncapi.asyncapi()
    model = (asyncapi.SENT_BY_SERVER | asyncapi.SENT_BY_CLIENT)[name][0]
    payload = document["components"]["messages"][name]["payload"]["$ref"]
    expected = model.model_json_schema(ref_template="#/components/schemas/{model}")
    expected.pop("$defs", None)
    assert resolve(document, payload) == expected


def test_every_reference_leads_somewhere(openapi: dict[str, Any]) -> None:
    for document in (openapi, asyncapi.asyncapi()):
        for each in references(document):
            assert resolve(document, each)


def test_every_route_is_described_under_a_name_of_its_own(openapi: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(openapi)]
    assert len(set(names)) == len(names)
    routes = create_app(Settings()).fastapi.routes
    shown = [r for r in routes if isinstance(r, APIRoute) and r.include_in_schema]
    assert len(names) == sum(len(route.methods or ()) for route in shown)
    assert all("_" not in name for name in names)


def test_every_operation_says_what_it_is_and_which_key_it_needs(openapi: dict[str, Any]) -> None:
    for name, operation in operations(openapi):
        assert operation["summary"], name
        assert operation["description"], name
        assert operation["security"] == [] or "key" in operation["description"], name


def test_every_error_is_described_by_the_problem_model(openapi: dict[str, Any]) -> None:
    for name, operation in operations(openapi):
        for status, answer in operation["responses"].items():
            if status[0] in "45" and "/readyz" not in name:
                schema = answer["content"][MEDIA_TYPE]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}, (name, status)


def test_every_model_has_an_example(openapi: dict[str, Any]) -> None:
    for document in (openapi, asyncapi.asyncapi()):
        schemas = document["components"]["schemas"]
        assert [name for name, schema in schemas.items() if not schema.get("examples")] == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_an_example_is_what_its_model_takes(model: type[BaseModel]) -> None:
    for example in model.model_json_schema().get("examples", []):
        TypeAdapter(model).validate_python(example)


def test_every_field_and_parameter_is_described(openapi: dict[str, Any]) -> None:
    for document in (openapi, asyncapi.asyncapi()):
        for name, schema in document["components"]["schemas"].items():
            for field, described in schema.get("properties", {}).items():
                assert described.get("description"), (name, field)
    for name, operation in operations(openapi):
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), (name, parameter["name"])


def test_every_bound_is_one_that_json_schema_knows(openapi: dict[str, Any]) -> None:
    text = json.dumps([openapi, asyncapi.asyncapi()])
    assert not {f'"{bound}":' for bound in ("ge", "gt", "le", "lt")} & set(text.split())


async def test_listed_event_types_and_strategies_are_those_that_are_taken(
    openapi: dict[str, Any], http: httpx2.AsyncClient
) -> None:
    schemas = openapi["components"]["schemas"]
    types = schemas["Event"]["properties"]["type"]["enum"]
    for name in types:
        event = {"user_id": "7", "item_id": "tent", "type": name}
        assert (await http.post("/event", json=event)).status_code == 202
    unknown = (await http.post("/event", json=event | {"type": "x"})).json()
    assert unknown["detail"] == f"Known types: {', '.join(types)}."
    strategies = schemas["RecommendationQuery"]["properties"]["strategy"]["anyOf"][0]["enum"]
    for name in strategies:
        answer = await http.get(f"/realtime-recommend?user_id=7&strategy={name}")
        assert answer.status_code == 200
    unknown = (await http.get("/realtime-recommend?user_id=7&strategy=x")).json()
    assert unknown["detail"] == f"Known strategies: {', '.join(sorted(strategies))}."


def test_sockets_list_the_same_names_as_http(openapi: dict[str, Any]) -> None:
    over_http, sockets = openapi["components"]["schemas"], asyncapi.schemas()
    for one, other, field in (
        ("Event", "SocketEvent", "type"),
        ("RecommendationQuery", "SocketQuery", "strategy"),
    ):
        assert over_http[one]["properties"][field] == sockets[other]["properties"][field]
