"""Strict JSON: what a body must be before Pydantic sees it.

FastAPI's own reading takes any size, NaN and repeated keys, and answers 500 to some bad bodies.
"""

import asyncio
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NoReturn, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from service.availability import time_limit
from service.errors import InvalidInput
from web.problems import BadRequest, BodyTooSlow, TooLarge, UnsupportedMedia, invalid_fields

BODY_LIMIT = 256 * 1024
BODY_S = 30.0  # a request counts among those that are answered at once while its body is waited for
DEPTH_LIMIT = 8
# Beyond it JavaScript and Lua round; so nobody could send such a number back to us.
_INTEGER_LIMIT = 2**53 - 1
_INTEGER_DIGITS = 16
_BEYOND = float("inf")
_BRACKETS = frozenset({"{", "["})
_WHITE_SPACE = " \t\n\r"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
JSON = "application/json"

Model = TypeVar("Model", bound=BaseModel)


class _RepeatedKey(ValueError):
    """An object names a key twice."""


async def read_json(scope: Scope, receive: Receive, limit: int = BODY_LIMIT) -> object:
    """The JSON value of a request's body, at most `limit` bytes of it.

    Raises TooLarge, UnsupportedMedia, BadRequest or InvalidInput; the number of a value that no
    field can hold is left as an infinity, which no model accepts.
    """
    check_media_type(scope, JSON)
    return parse(await read_body(scope, receive, limit))


def parse(body: bytes) -> object:
    """As `read_json`, for a whole body."""
    plain = _plain_object(body)
    if plain is not None:
        return plain
    text = decode(body)
    value = parse_text(text)
    if "\\u" in text:
        _refuse_lone_surrogates(value)
    return value


def _plain_object(body: bytes) -> dict[str, object] | None:
    """The body where it is what most are, an object of texts and small whole numbers; None: to be looked at closely.

    orjson takes a repeated key without a word. Each key stands before a colon: no more colons than keys, so none did.
    """
    if not body.startswith(b"{"):  # a batch is not read twice
        return None
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if type(value) is not dict or body.count(b":") != len(value):
        return None
    for held in value.values():
        if type(held) is not str and (type(held) is not int or abs(held) > _INTEGER_LIMIT):
            return None
    return value


def parse_text(text: str) -> object:
    """As `parse`, but leaves lone surrogates to the model, which refuses them field by field."""
    try:
        value = _decoded(text)
    except RecursionError:
        _refuse_depth()
    except _RepeatedKey:
        raise BadRequest("duplicate_key", "An object names a key twice.") from None
    except json.JSONDecodeError as error:
        raise not_json(error.lineno, error.colno) from None
    except ValueError:
        raise BadRequest("invalid_json", "JSON has no NaN and no Infinity.") from None
    # Fewer brackets than levels allowed cannot nest too deep: most bodies need no walk.
    if text.count("[") + text.count("{") > DEPTH_LIMIT:
        _check_depth(value)
    return value


def not_json(line: int, column: int) -> BadRequest:
    """The answer to what is no JSON from that place on."""
    return BadRequest("invalid_json", f"The body is not JSON: see line {line}, column {column}.")


def validated(model: type[Model], value: object) -> Model:
    """The model's instance, or InvalidFields."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise invalid_fields(error.errors(include_url=False), model.model_fields) from None


def media_type(scope: Scope) -> str:
    """The content type without its parameters; raises UnsupportedMedia for another charset."""
    kind, charset = _media_type(_header(scope, b"content-type") or b"")
    if charset != b"utf-8":
        raise UnsupportedMedia("content_type", "The only charset is utf-8.")
    return kind


@lru_cache(maxsize=64)  # clients send one of few
def _media_type(sent: bytes) -> tuple[str, bytes]:
    """A content type and its charset, utf-8 where it names none."""
    kind, _, parameters = sent.partition(b";")
    name, _, charset = parameters.strip().lower().partition(b"=")
    charset = charset.strip(b'"') if name == b"charset" else b"utf-8"
    return kind.strip().lower().decode("latin-1"), charset


def check_media_type(scope: Scope, *accepted: str) -> str:
    """The content type, if it is one of those accepted; bodies in an encoding are refused."""
    sent = media_type(scope)
    if sent not in accepted:
        raise UnsupportedMedia("content_type", f"The content type must be {' or '.join(accepted)}.")
    if _header(scope, b"content-encoding") not in (None, b"identity"):
        raise UnsupportedMedia("encoding_not_supported", "Bodies must not be compressed.")
    return sent


def too_slow() -> BodyTooSlow:
    """What is answered to a body that does not end."""
    return BodyTooSlow("body_too_slow", f"A body has to be here within {BODY_S:g} seconds.")


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The body, counted as it comes: a sender who gives no length or a false one gains nothing."""
    length = _header(scope, b"content-length")
    if length is not None and length.isdigit() and int(length[:20]) > limit:
        _refuse_size(limit)
    try:
        with time_limit(asyncio.get_running_loop().time() + BODY_S):
            body = await _up_to(limit, receive)
    except TimeoutError:
        raise too_slow() from None
    if len(body) > limit:
        _refuse_size(limit)
    return body


def decode(body: bytes) -> str:
    """Strict UTF-8 without byte order mark. A NUL byte is UTF-16 or 32 (JSON has none)."""
    if body.startswith(_BYTE_ORDER_MARK) or b"\x00" in body:
        _refuse_encoding()
    try:
        return body.decode()
    except UnicodeDecodeError:
        _refuse_encoding()


async def _up_to(limit: int, receive: Receive) -> bytes:
    """The body, or as much of it as shows that it is longer."""
    body, more = await _chunk(receive)
    chunks, size = [body], len(body)
    while more and size <= limit:
        body, more = await _chunk(receive)
        chunks.append(body)
        size += len(body)
    return b"".join(chunks)


async def _chunk(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)


def _header(scope: Scope, name: bytes) -> bytes | None:
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _RepeatedKey
    return value


def _integer(digits: str) -> int | float:
    if len(digits) > _INTEGER_DIGITS + 1:
        return _BEYOND
    value = int(digits)
    return value if abs(value) <= _INTEGER_LIMIT else _BEYOND


def _constant(name: str) -> NoReturn:
    raise ValueError(name)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=float, parse_constant=_constant
)


def _decoded(text: str) -> Any:
    """As the decoder's own `decode`, which looks for white space by two regular expressions."""
    if text[:1] in _BRACKETS:
        value, end = _DECODER.raw_decode(text)
        if not text[end:].strip(_WHITE_SPACE):
            return value
    return _DECODER.decode(text)


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(DEPTH_LIMIT):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    if any(isinstance(value, list | dict) for value in level):
        _refuse_depth()


def _children(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _refuse_lone_surrogates(value: object) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InvalidInput("invalid_unicode", "A string holds half a character.") from None


def _refuse_depth() -> NoReturn:
    raise BadRequest("json_too_deep", f"JSON may nest {DEPTH_LIMIT} levels deep.")


def _refuse_size(limit: int) -> NoReturn:
    raise TooLarge("body_too_large", f"A body has at most {limit:,} bytes here.")


def _refuse_encoding() -> NoReturn:
    raise BadRequest("not_utf8", "The body must be UTF-8 without a byte order mark.")
