"""What routes say of themselves in OpenAPI beyond what FastAPI can see."""

from typing import Any

from pydantic import BaseModel

from service.errors import ServiceError
from web.access import Access, Declaration
from web.problems import MEDIA_TYPE, problem
from web.routes.problem_examples import NO_KEY, TOO_OFTEN, forbidden
from web.wire.problem import REQUEST_ID

Responses = dict[int | str, dict[str, Any]]
_TITLES = {
    400: "Not strict JSON",
    401: "No key, or none that is known",
    403: "The key is not allowed to",
    404: "Not found",
    408: "The body did not end in time",
    409: "Conflict",
    413: "Too large",
    415: "Not JSON",
    422: "A field is wrong",
    429: "Too many requests",
    503: "The store is away, full or busy: try again",
}


def errors(*examples: ServiceError) -> Responses:
    """The problem answers of a route, by one example for each status; 401 and 403 are added where none is."""
    return {example.status: _answer(example) for example in examples}


def refusals(declaration: Declaration) -> Responses:
    """What a route answers to those whom its declaration keeps out."""
    if declaration.access is Access.PUBLIC:
        return {}
    too_often = (TOO_OFTEN,) if declaration.limited else ()
    return errors(NO_KEY, forbidden(declaration), *too_often)


def _answer(example: ServiceError) -> dict[str, Any]:
    content = {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "example": problem(example, REQUEST_ID),
    }
    return {"description": _TITLES[example.status], "content": {MEDIA_TYPE: content}}


def json_body(model: type[BaseModel], *, at_most: int | None = None) -> dict[str, Any]:
    """The request body of a lean route: one object, or an array of at most so many."""
    reference = {"$ref": f"#/components/schemas/{model.__name__}"}
    content: dict[str, Any] = {"application/json": {"schema": reference}}
    if at_most is not None:
        array = {"type": "array", "maxItems": at_most, "items": reference}
        content = {
            "application/json": {"schema": array},
            "application/x-ndjson": {"schema": reference},
        }
    return {"requestBody": {"required": True, "content": content}}


def parameters(model: type[BaseModel]) -> dict[str, Any]:
    """The query parameters of a lean route: the fields of a model."""
    properties = model.model_json_schema()["properties"]
    return {
        "parameters": [
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": schema["description"],
                "schema": schema,
            }
            for name, schema in properties.items()
        ]
    }
