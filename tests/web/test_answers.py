"""What the fast paths build by hand is what the models promise."""

import json
from typing import Any

import httpx2
import pytest
from pydantic import BaseModel
from starlette.responses import Response

from service.model import Push, Reason, Recommendations, RecommendedItem
from web.app import Application
from web.json_output import dumps, json_answer
from web.wire.events import BatchRecorded, EventRecorded
from web.wire.exports import UserExport
from web.wire.problem import Problem
from web.wire.recommendations import ItemList, PushedList, RecommendationList, push_answer

EVENT = {"user_id": "7", "item_id": "tent", "type": "view"}
CALLS: list[tuple[str, str, object, type[BaseModel]]] = [
    ("POST", "/event", EVENT, EventRecorded),
    ("POST", "/event?recommend=5", EVENT, EventRecorded),
    ("POST", "/events", [EVENT, EVENT | {"type": "x"}, 1, EVENT | {"a": 1, "b": 2}], BatchRecorded),
    ("GET", "/realtime-recommend?user_id=7&explain=true", None, RecommendationList),
    ("POST", "/realtime-recommend", {"user_id": "7"}, RecommendationList),
    ("GET", "/similar/tent", None, ItemList),
    ("GET", "/trending", None, ItemList),
    ("GET", "/users/1/export", None, UserExport),
    ("GET", "/nothing", None, Problem),
    ("POST", "/event", {"x": 1}, Problem),
]

# Every way to ask for what is not there, by the operation's name.
MISSING: dict[str, tuple[str, str, object]] = {
    "getRecommendations": ("GET", "/realtime-recommend?user_id=7&strategy=magic", None),
    "postRecommendations": ("POST", "/realtime-recommend", {"user_id": "7", "strategy": "magic"}),
    "getItem": ("GET", "/items/tent", None),
    "changeItem": ("PATCH", "/items/tent", {"hidden": True}),
    "deleteItem": ("DELETE", "/items/tent", None),
    "getUser": ("GET", "/users/7", None),
    "exportUser": ("GET", "/users/7/export", None),
    "getJob": ("GET", "/admin/jobs/x", None),
    "cancelJob": ("DELETE", "/admin/jobs/x", None),
    "getImport": ("GET", f"/admin/imports/{'0f' * 16}", None),
    "pinWeights": ("PUT", "/admin/weights/magic/view", {"weights": {}}),
    "resetWeights": ("DELETE", "/admin/weights/magic/view", None),
}


@pytest.mark.parametrize(("method", "path", "body", "model"), CALLS)
async def test_an_answer_is_what_its_model_promises(
    method: str, path: str, body: object, model: type[BaseModel], http: httpx2.AsyncClient
) -> None:
    await http.put("/items", json=[{"item_id": "stove", "title": "Stove", "tags": ["a"]}])
    for user, item in (("1", "tent"), ("1", "stove"), ("7", "lamp")):
        await http.post("/event", json={"user_id": user, "item_id": item, "type": "view"})
    answer = await http.request(method, path, json=body)
    model.model_validate_json(answer.content, strict=True)


def test_a_push_is_what_its_model_promises() -> None:
    item = RecommendedItem("tent", 1.5, Reason("x", "y", {"n": 1}), {"a": 1.5}, {"title": "Tent"})
    made = Recommendations("7", 3, 4, "r1", "balanced", "personal", (item,))
    cause = {"event_id": "e", "type": "view", "item_id": "stove"}
    for push in (Push(made, cause, 2), Push(made, None, None)):
        for explain in (False, True):
            answer = dumps(push_answer(push, "api-1", explain))
            listed = PushedList.model_validate_json(answer, strict=True)
            assert listed.items[0].contributions == ({"a": 1.5} if explain else None)


def test_json_takes_any_mapping_and_set() -> None:
    from types import MappingProxyType

    value: Any = {"a": MappingProxyType({"b": frozenset({"d", "c"})})}
    assert json.loads(dumps(value)) == {"a": {"b": ["c", "d"]}}
    with pytest.raises(TypeError):
        dumps({"a": object()})


async def test_not_found_is_documented_where_it_is_answered_and_nowhere_else(
    app: Application, http: httpx2.AsyncClient
) -> None:
    paths = app.fastapi.openapi()["paths"].values()
    operations = [operation for methods in paths for operation in methods.values()]
    assert {o["operationId"] for o in operations if "404" in o["responses"]} == set(MISSING)
    for method, path, body in MISSING.values():
        answer = await http.request(method, path, json=body)
        assert (answer.status_code, answer.json()["code"] != "not_found") == (404, True), path
    nothing = await http.get("/similar/nothing")
    assert (nothing.status_code, nothing.json()) == (200, {"stale": False, "items": []})


def test_an_answer_is_what_the_frameworks_own_would_be() -> None:
    content = {"ä": [1, 2]}
    own = json_answer(content, 202)
    usual = Response(dumps(content), 202, media_type="application/json")
    assert own.raw_headers == usual.raw_headers
    assert {name: getattr(own, name) for name in vars(usual)} == {
        **vars(usual),
        "media_type": own.media_type,
    }
