"""The OpenAPI description: FastAPI's own, and what only we know."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from web.access import Access, declaration_of
from web.routes.documented import refusals
from web.wire.events import Event
from web.wire.problem import Problem
from web.wire.recommendations import RecommendationQuery

TITLE = "Tandem"
SUMMARY = "Real-time recommendations: events in, recommendations out and pushed."
DESCRIPTION = """\
Times are epoch milliseconds. Errors are problem details (RFC 9457): `code` is stable and names what
is wrong, `field` where. Whatever answers 503 is safe to send again; an event with its `event_id` is
safe to send again always.

Keys go into `Authorization: Bearer KEY` or `X-Api-Key`. The admin key may do all, the server key may
read users and send events, the write key may send events. Where an operation says so, a user's
signed token will do for the user's own data. Socket.IO is described at `/asyncapi.json`.
"""
# Of routes that read their bodies themselves, so that FastAPI does not see the models.
_UNSEEN_MODELS = (Event, RecommendationQuery, Problem)
_SECURITY_SCHEMES = {
    "key": {"type": "http", "scheme": "bearer", "description": "A key, or a user's token."},
    "header": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
}


def api_version() -> str:
    """The version of the installed package."""
    return version("tandem-recommender")


class DocumentedApp(FastAPI):
    """FastAPI without its own pages, which load scripts from elsewhere."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            title=TITLE,
            summary=SUMMARY,
            description=DESCRIPTION,
            version=api_version(),
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
            **options,
        )

    def openapi(self) -> dict[str, Any]:
        """The whole description, made once."""
        if self.openapi_schema is None:
            description = super().openapi()
            components = description.setdefault("components", {})
            components["schemas"] = dict(sorted((components["schemas"] | _unseen()).items()))
            components["securitySchemes"] = _SECURITY_SCHEMES
            for route in self.routes:
                if isinstance(route, APIRoute) and route.include_in_schema:
                    _say_access(description["paths"][route.path_format], route)
            self.openapi_schema = description
        return self.openapi_schema


def _unseen() -> dict[str, Any]:
    _, definitions = models_json_schema(
        [(model, "validation") for model in _UNSEEN_MODELS],
        ref_template="#/components/schemas/{model}",
    )
    schemas: dict[str, Any] = definitions["$defs"]
    return schemas


def _say_access(path: Mapping[str, Any], route: APIRoute) -> None:
    declaration = declaration_of(route.endpoint)
    refused = {str(status): answer for status, answer in refusals(declaration).items()}
    for method in route.methods or ():
        operation = path[method.lower()]
        operation["responses"] = dict(sorted((refused | operation["responses"]).items()))
        if declaration.access is Access.PUBLIC:
            operation["security"] = []
            continue
        operation["security"] = [{"key": []}, {"header": []}]
        token = " or the user's own token" if declaration.own_user else ""
        needs = f"Needs the {declaration.access.name.lower()} key{token}."
        operation["description"] = f"{operation.get('description', '')}\n\n{needs}".strip()
