"""Errors as a client sees them: RFC 9457 problem details, the same over HTTP and Socket.IO.

A problem names a stable code and the field; it never repeats what the client sent.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isinf
from typing import Any, ClassVar

from service.errors import InvalidInput, ServiceError

MEDIA_TYPE = "application/problem+json"
ERRORS_SHOWN = 20

_PLAIN_FIELD = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_CODES = {
    "missing": "missing_field",
    "extra_forbidden": "unknown_field",
    "string_unicode": "invalid_unicode",
    "finite_number": "number_out_of_range",
    "greater_than": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than": "out_of_range",
    "less_than_equal": "out_of_range",
    "int_parsing": "out_of_range",
    "int_from_float": "out_of_range",
    "string_too_short": "wrong_length",
    "string_too_long": "wrong_length",
    "too_short": "wrong_length",
    "too_long": "wrong_length",
    "bool_parsing": "wrong_type",
    "float_parsing": "wrong_type",
}
_OWN_CODES = {"out_of_range", "wrong_type", "wrong_length", "number_out_of_range", "invalid_value"}
_ID_DETAIL = (
    "An id has 1 to 128 characters of A-Z a-z 0-9 . _ ~ @ - and starts with a letter or digit."
)


class BadRequest(ServiceError):
    status = 400
    title = "Bad request"


class Unauthorized(ServiceError):
    status = 401
    title = "Not authenticated"


class Forbidden(ServiceError):
    status = 403
    title = "Not allowed"


class MethodNotAllowed(ServiceError):
    status = 405
    title = "Method not allowed"


class TooLarge(ServiceError):
    status = 413
    title = "Too large"


class UnsupportedMedia(ServiceError):
    status = 415
    title = "Unsupported media type"


@dataclass(frozen=True, slots=True)
class FieldError:
    field: str
    code: str
    detail: str


class InvalidFields(InvalidInput):
    """One or more fields are wrong; the first gives the code."""

    title: ClassVar[str] = "The input is not valid"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        first = errors[0]
        super().__init__(first.code, first.detail, field=first.field)
        self.errors = tuple(errors[:ERRORS_SHOWN])


def invalid_fields(errors: Iterable[Mapping[str, Any]], id_pattern: str) -> InvalidFields:
    """Pydantic's errors in our words. `errors` must not be empty."""
    return InvalidFields([_field_error(error, id_pattern) for error in errors])


def problem(error: ServiceError, request_id: str | None = None) -> dict[str, object]:
    """The body of a problem answer."""
    body: dict[str, object] = {
        "type": f"urn:tandem:problem:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
    }
    if error.field is not None:
        body["field"] = error.field
    if isinstance(error, InvalidFields) and len(error.errors) > 1:
        body["errors"] = [
            {"field": each.field, "code": each.code, "detail": each.detail} for each in error.errors
        ]
    if error.retry_after_s is not None:
        body["retry_after_s"] = error.retry_after_s
    if request_id is not None:
        body["request_id"] = request_id
    return body


def _field_error(error: Mapping[str, Any], id_pattern: str) -> FieldError:
    field = _field(error["loc"])
    code = _code(error, id_pattern)
    return FieldError(field, code, _ID_DETAIL if code == "invalid_id" else _detail(error, code))


def _code(error: Mapping[str, Any], id_pattern: str) -> str:
    kind = error["type"]
    # A number beyond what the parser takes has become an infinity, which is of no other type.
    if isinstance(error.get("input"), float) and isinf(error["input"]):
        return "number_out_of_range"
    if kind == "string_pattern_mismatch":
        return "invalid_id" if error["ctx"]["pattern"] == id_pattern else "invalid_value"
    if kind in _OWN_CODES:
        return str(kind)
    return _CODES.get(kind, "wrong_type" if kind.endswith("_type") else "invalid_value")


def _detail(error: Mapping[str, Any], code: str) -> str:
    if code == "number_out_of_range":
        return "The number is too large."
    return str(error["msg"])


def _field(location: Sequence[str | int]) -> str:
    """Where the error is, as far as its name is plain enough to be repeated."""
    names = [str(part) for part in location if part not in ("body", "query", "path", "[key]")]
    return ".".join(name if _PLAIN_FIELD.fullmatch(name) else "?" for name in names)
