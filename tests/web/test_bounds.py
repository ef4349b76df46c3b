"""A bound is one constant: what is documented, what is refused and what is sent agree."""

import ast
from collections import Counter
from pathlib import Path

from service.settings import Settings
from web.app import create_app
from web.batch import BATCH_EVENTS
from web.cli.serve import server_config
from web.routes.documented import json_body
from web.sockets.frames import FRAME_BYTES
from web.wire.events import Event

WEB = Path(__file__).parents[2] / "web"


def test_no_constant_stands_in_two_places() -> None:
    places = Counter(
        (target.id, ast.unparse(statement.value))
        for path in WEB.rglob("*.py")
        for statement in ast.parse(path.read_text()).body
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
        for target in statement.targets
        if isinstance(target, ast.Name) and target.id.isupper()
    )
    assert [place for place, count in places.items() if count > 1] == []


def test_the_server_takes_frames_as_large_as_sockets_do() -> None:
    assert server_config(create_app(Settings()), Settings()).ws_max_size == FRAME_BYTES


def test_sockets_are_pinged_by_one_protocol_alone() -> None:
    """By Engine.IO: pings of WebSocket beside them would wake the worker as often again."""
    assert server_config(create_app(Settings()), Settings()).ws_ping_interval is None


def test_a_body_is_documented_with_as_many_values_as_it_may_have() -> None:
    (batch,) = json_body(Event, at_most=7)["requestBody"]["content"]["application/json"].values()
    assert batch["maxItems"] == 7
    operation = create_app(Settings()).fastapi.openapi()["paths"]["/events"]["post"]
    assert operation["requestBody"]["content"]["application/json"]["schema"]["maxItems"] == (
        BATCH_EVENTS
    )
