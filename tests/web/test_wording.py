"""What is wrong with a field is said in our words, whatever Pydantic calls it."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import BaseModel

from service.settings import Settings
from tests.clock import START_MS
from web.app import create_app
from web.routing import StrictRoute
from web.wire.fields import FORMS, Input
from web.wording import OWN_CODES, WORDINGS, worded

WEB = Path(__file__).parents[2] / "web"
BOUNDS = {
    "min_length": "string_too_short",
    "max_length": "string_too_long",
    "pattern": "string_pattern_mismatch",
    "ge": "greater_than_equal",
    "le": "less_than_equal",
}
# What a kind of value raises: by Pydantic's name of the kind, where types are exact and in a query.
EXACT = {
    "model": {"model_type", "extra_forbidden", "missing"},
    "list": {"list_type"},
    "dict": {"dict_type"},
    "str": {"string_type", "string_unicode"},
    "int": {"int_type"},
    "float": {"float_type", "finite_number"},
    "bool": {"bool_type"},
    "literal": {"literal_error"},
}
IN_A_QUERY = EXACT | {"int": {"int_parsing", "int_parsing_size"}, "bool": {"bool_parsing"}}
# FastAPI reads attributes of bodies too.
IN_A_BODY = EXACT | {"model": {"model_attributes_type", "extra_forbidden", "missing"}}
WRAPPERS = {
    *("default", "nullable", "model-fields"),
    *("function-after", "function-before", "function-plain"),
}


def inputs(parent: type[BaseModel] = Input) -> Iterator[Any]:
    """The core schema of everything that a client sends as a model."""
    for model in parent.__subclasses__():
        if model.__module__.startswith("web."):
            yield model.__pydantic_core_schema__
            yield from inputs(model)


def raised(schema: Any, by: dict[str, set[str]]) -> Iterator[str]:
    """Each type of error that a schema can raise."""
    kind = schema["type"]
    assert kind in by or kind in WRAPPERS, f"what can {kind} raise?"
    yield from by.get(kind, ())
    for bound in BOUNDS.keys() & schema.keys():
        yield BOUNDS[bound] if kind in ("str", "int", "float") else "too_long"
    for child in children(schema):
        yield from raised(child, by)


def children(schema: Any) -> Iterator[Any]:
    for name in ("schema", "items_schema", "keys_schema", "values_schema"):
        if name in schema:
            yield schema[name]
    if schema["type"] == "model-fields":
        yield from (field["schema"] for field in schema["fields"].values())


def parameters() -> Iterator[tuple[Any, dict[str, set[str]]]]:
    """The core schema of everything that FastAPI reads, and what it raises there."""
    for route in create_app(Settings()).fastapi.routes:
        if isinstance(route, StrictRoute):
            found = route.dependant
            for field in (*found.path_params, *found.query_params):
                yield field._type_adapter.core_schema, IN_A_QUERY
            for field in found.body_params:
                yield field._type_adapter.core_schema, IN_A_BODY


def all_raised() -> set[str]:
    of_models = (kind for schema in inputs() for kind in raised(schema, EXACT))
    of_parameters = (kind for schema, by in parameters() for kind in raised(schema, by))
    return {*of_models, *of_parameters}


def patterns(schema: Any) -> Iterator[str]:
    if "pattern" in schema:
        yield schema["pattern"]
    for child in children(schema):
        yield from patterns(child)


def test_the_table_has_all_that_the_models_can_raise_and_nothing_else() -> None:
    assert set(WORDINGS) == all_raised()


def test_every_pattern_is_put_into_words() -> None:
    schemas = [*inputs(), *(schema for schema, _ in parameters())]
    assert {pattern for schema in schemas for pattern in patterns(schema)} == set(FORMS)


def test_every_code_of_our_own_validators_is_known() -> None:
    raises = {
        ast.literal_eval(node.args[0])
        for path in WEB.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "PydanticCustomError"
    }
    assert raises == OWN_CODES


@pytest.mark.parametrize(
    ("kind", "code"), [("url_parsing", "invalid_value"), ("complex_type", "wrong_type")]
)
def test_what_the_table_does_not_have_is_said_neutrally(kind: str, code: str) -> None:
    said = worded({"type": kind, "msg": "Input should be secret", "input": "secret"})
    assert (said.code, said.text) == (code, "The value is not valid here.")


EVENT = {"user_id": "7", "item_id": "tent", "type": "view"}
SECONDS = "This looks like seconds: send milliseconds, 1,000 times as many."
ID = "An id has 1 to 128 characters of A-Z a-z 0-9 . _ ~ @ - and starts with a letter or digit."
SAID: list[tuple[str, str, Any, str, str]] = [
    ("POST", "/event", EVENT | {"user_id": 7}, "user_id", "A string is wanted."),
    ("POST", "/event", EVENT | {"user_id": "a b"}, "user_id", ID),
    ("POST", "/event", EVENT | {"x": 1}, "x", "There is no field of this name here."),
    ("POST", "/event", {"user_id": "7", "type": "view"}, "item_id", "This is required."),
    ("POST", "/event", EVENT | {"value": "1"}, "value", "A number is wanted."),
    ("POST", "/event", EVENT | {"value": 2e12}, "value", "The greatest number taken is 1,000,000,000,000."),
    ("POST", "/event", EVENT | {"quantity": 1.5}, "quantity", "A whole number is wanted."),
    ("POST", "/event", EVENT | {"quantity": 0}, "quantity", "The least number taken is 1."),
    ("POST", "/event", EVENT | {"currency": "euro"}, "currency", "A currency is three capital letters, as EUR."),
    ("POST", "/event", EVENT | {"type": ""}, "type", "1 or more characters are wanted."),
    ("POST", "/event", EVENT | {"type": "a" * 65}, "type", "At most 64 characters are taken."),
    ("POST", "/event", EVENT | {"timestamp": START_MS // 1_000}, "timestamp", SECONDS),
    ("POST", "/event", [], "", "An object is wanted."),
    ("POST", "/events?as_of=now", [EVENT], "as_of", "'event' is wanted."),
    ("PUT", "/items", {}, "", "An array is wanted."),
    ("PUT", "/items", [1], "0", "An object is wanted."),
    ("PUT", "/items", [{"item_id": "a", "in_stock": 1}], "0.in_stock", "true or false is wanted."),
    ("PUT", "/items", [{"item_id": "a", "tags": ["x"] * 51}], "0.tags", "At most 50 values are taken."),
    ("GET", "/trending?kind=x", None, "kind", "'view' or 'purchase' is wanted."),
    ("GET", "/trending?explain=x", None, "explain", "true or false is wanted."),
    ("GET", "/trending?limit=x", None, "limit", "A whole number is wanted."),
    ("GET", "/trending?limit=101", None, "limit", "The greatest number taken is 100."),
    ("GET", "/realtime-recommend?user_id=7&limit=101", None, "limit", "A limit is a whole number of 1 to 100."),
    ("GET", "/realtime-recommend", None, "", "Give either user_id or item."),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "field", "detail"), SAID)
async def test_a_problem_says_what_is_wanted(
    method: str, path: str, body: Any, field: str, detail: str, http: httpx2.AsyncClient
) -> None:
    problem = (await http.request(method, path, json=body)).json()
    assert (problem["status"], problem["field"], problem["detail"]) == (422, field, detail)


async def test_only_what_would_be_a_date_of_our_time_is_taken_for_seconds(
    http: httpx2.AsyncClient,
) -> None:
    for at, code in ((10**9 - 1, "event_too_old"), (10**10, "event_too_old"), (START_MS, None)):
        answer = await http.post("/event", json=EVENT | {"timestamp": at})
        assert answer.json().get("code") == code
