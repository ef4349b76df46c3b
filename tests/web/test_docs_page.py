"""The page of the interface shows what a caller has to know, all of it from the description."""

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from service.settings import Settings
from service.strategies import BUILT_IN
from web.app import create_app
from web.docs_fields import Field, table
from web.docs_page import docs_page

DESCRIPTION = create_app(Settings.model_construct()).fastapi.openapi()
PAGE = docs_page(DESCRIPTION)
OPERATIONS: dict[str, dict[str, Any]] = {
    operation["operationId"]: operation
    for methods in DESCRIPTION["paths"].values()
    for operation in methods.values()
}


def section(name: str) -> str:
    """What the page says under a name."""
    return PAGE.partition(f"<section id='{name}'>")[2].partition("</section>")[0]


def text(html: str) -> str:
    return unescape(re.sub("<[^>]+>", "", html))


def rows(html: str) -> dict[str, list[str]]:
    """Field to type, whether needed, bounds and meaning."""
    cells = ([text(c) for c in re.findall("<td>(.*?)</td>", row)] for row in html.split("<tr>"))
    return {cell[0]: cell[1:] for cell in cells if cell}


def body_models(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schema = content["schema"]
        name = schema.get("items", schema)["$ref"].rpartition("/")[2]
        yield DESCRIPTION["components"]["schemas"][name]


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_parameter_and_field_of_a_body_is_shown_with_its_meaning(name: str) -> None:
    operation, shown = OPERATIONS[name], rows(section(name))
    wanted = {p["name"]: (p["required"], p["description"]) for p in operation.get("parameters", [])}
    for model in body_models(operation):
        for field, schema in model["properties"].items():
            wanted[field] = field in model.get("required", ()), schema["description"]
    assert set(shown) == set(wanted)
    for field, (required, meaning) in wanted.items():
        assert (shown[field][1] == "required") is required
        assert shown[field][3] == meaning.replace("`", "")


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_is_shown_with_its_example(name: str) -> None:
    shown = section(name)
    for status, answer in OPERATIONS[name]["responses"].items():
        assert f"<summary>{status}: " in shown
        for content in answer.get("content", {}).values():
            if "example" in content:
                assert json.dumps(content["example"]["detail"], ensure_ascii=False) in text(shown)


@pytest.mark.parametrize(
    ("operation", "field", "row"),
    [
        ("recordEvent", "quantity", ["integer or null", "optional", "1 to 1,000,000"]),
        ("recordEvent", "timestamp", ["integer or null", "optional", "0 or more"]),
        ("recordEvent", "recommend", ["integer or null", "optional", "1 to 100"]),
        ("recordEvents", "as_of", ["string or null", "optional", "one of event"]),
        ("getRecommendations", "limit", ["integer", "default 10", "1 to 100"]),
        (
            "postRecommendations",
            "category",
            [
                "array of string",
                "optional",
                "at most 50 values; each: 1 to 128 characters; "
                "each: A text has no control characters, line breaks included",
            ],
        ),
        ("postRecommendations", "explain", ["boolean", "default false", ""]),
        (
            "postRecommendations",
            "strategy",
            ["string", "default balanced", f"one of {', '.join(BUILT_IN)} or 1 to 64 characters"],
        ),
        ("getTrendingItems", "kind", ["string", "default view", "one of view, purchase"]),
        ("changeItem", "hidden", ["boolean", "optional", ""]),
        ("RecommendationList", "items", ["array of ListedItem", "required", ""]),
        ("User", "totals", ["object of integer", "required", ""]),
    ],
)
def test_a_row_says_type_whether_needed_and_bounds(
    operation: str, field: str, row: list[str]
) -> None:
    assert rows(section(operation))[field][:3] == row


def test_a_batch_is_shown_with_how_many_it_may_hold() -> None:
    assert "Body, application/json: array of Event, at most 1,000 values" in text(
        section("recordEvents")
    )


def test_every_link_of_the_page_leads_somewhere() -> None:
    places = re.findall("id='([^']+)'", PAGE)
    assert len(set(places)) == len(places)
    assert set(re.findall("href='#([^']+)'", PAGE)) <= set(places)


@pytest.mark.parametrize(("default", "said"), [(True, "true"), ("EUR", "EUR"), (0, "0")])
def test_a_default_is_shown_as_one_would_send_it(default: object, said: str) -> None:
    shown = rows(table([Field("x", {"default": default}, False, "")]))
    assert shown["x"][1] == f"default {said}"


def test_what_is_shown_is_no_markup() -> None:
    row = table([Field("<i>", {"type": "string", "enum": ["<b>"]}, True, "`<u>`")])
    assert not re.search("<[ibu]>", row)
    assert "<script" not in PAGE
