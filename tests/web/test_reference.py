"""The reference documents say what the code does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter

from service.settings import Settings
from web import asyncapi, reference
from web.app import create_app
from web.problems import MEDIA_TYPE
from web.wire import catalogue, events, imports, jobs, problem, recommendations, sockets, users

WIRE = (catalogue, events, imports, jobs, problem, recommendations, sockets, users)
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


def test_the_page_shows_every_operation(openapi: dict[str, Any]) -> None:
    from web.docs_page import docs_page

    page = docs_page(openapi)
    for _, operation in operations(openapi):
        assert f"id='{operation['operationId']}'" in page
    assert "<script" not in page
