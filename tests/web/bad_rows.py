"""What a bad input is: a request, and the problem that it must get."""

import json
from dataclasses import dataclass
from typing import Any

JSON = {"content-type": "application/json"}
GOOD = {"user_id": "7", "item_id": "tent", "type": "view"}
HOUR_MS = 3_600_000
DIGEST = "0f" * 16


@dataclass(frozen=True, slots=True)
class Row:
    """A request and the problem that it must get."""

    body: bytes
    status: int
    code: str
    path: str = "/event"
    headers: tuple[tuple[str, str], ...] = tuple(JSON.items())
    method: str = "POST"


def event(**fields: Any) -> bytes:
    """A good event, but for these fields."""
    return json.dumps(GOOD | fields).encode()


def raw(field: str, text: str) -> bytes:
    """A good event with one more field, its value written as given."""
    return event()[:-1] + f', "{field}": {text}}}'.encode()


def typed(content_type: str, body: bytes | None = None) -> Row:
    """A good event under another content type."""
    return Row(body or event(), 415, "content_type", headers=(("content-type", content_type),))


def packed(encoding: str) -> Row:
    """A body that says it is compressed."""
    headers = (*JSON.items(), ("content-encoding", encoding))
    return Row(b"\x1f\x8b", 415, "encoding_not_supported", headers=headers)


def question(field: str, text: str, code: str = "out_of_range") -> Row:
    """A question for a list, one field of it written as given."""
    body = f'{{"user_id": "7", "{field}": {text}}}'.encode()
    return Row(body, 422, code, "/realtime-recommend")


def batch(*events: bytes) -> bytes:
    return b"[" + b",".join(events) + b"]"


def put(path: str, text: str, code: str, status: int = 422) -> Row:
    """What an administrator sends, written as given."""
    return Row(text.encode(), status, code, path, method="PUT")


def item(field: str, text: str, code: str) -> Row:
    """An item of the catalogue, one field of it written as given."""
    return put("/items", f'[{{"item_id": "tent", "{field}": {text}}}]', code)


def rule(text: str, code: str) -> Row:
    """One rule of the shop."""
    return put("/admin/rules", f'{{"rules": [{text}]}}', code)
