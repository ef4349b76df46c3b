"""Errors as a client sees them: RFC 9457 problem details, the same over HTTP and Socket.IO.

A problem names a stable code and the field; it never repeats what the client sent.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from service.errors import InvalidInput, LimitExceeded, ServiceError
from service.spelling import nearest_name
from web.wording import worded

MEDIA_TYPE = "application/problem+json"
#: Under which a request of ASGI keeps its id.
REQUEST_ID = "tandem.request_id"
ERRORS_SHOWN = 20

_PLAIN_FIELD = re.compile(r"[A-Za-z0-9_.-]{1,64}")


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


class HeadTooSlow(ServiceError):
    status = 408
    title = "Request timeout"


class BodyTooSlow(ServiceError):
    status = 408
    title = "Request timeout"


class TooLarge(ServiceError):
    status = 413
    title = "Too large"


class UnsupportedMedia(ServiceError):
    status = 415
    title = "Unsupported media type"


class HeadTooLarge(ServiceError):
    status = 431
    title = "Request header fields too large"


class RateLimited(LimitExceeded):
    """More requests than the limit of a minute allows."""

    def __init__(self, per_minute: int, wait_s: int) -> None:
        super().__init__("rate_limited", "Too many requests in a minute.", retry_after_s=wait_s)
        self.per_minute = per_minute


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


def invalid_fields(errors: Iterable[Mapping[str, Any]], known: Iterable[str] = ()) -> InvalidFields:
    """Pydantic's errors in our words. `errors` must not be empty; `known`: the fields there are on top."""
    return InvalidFields([_field_error(error, known) for error in errors])


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


def _field_error(error: Mapping[str, Any], known: Iterable[str]) -> FieldError:
    said, location = worded(error), error["loc"]
    text = said.text
    if error["type"] == "extra_forbidden" and len(location) == 1:
        nearest = nearest_name(str(location[0]), known)
        text += f" Did you mean {nearest}?" if nearest else ""
    return FieldError(_field(location), said.code, text)


def _field(location: Sequence[str | int]) -> str:
    """Where the error is, as far as its name is plain enough to be repeated."""
    names = [str(part) for part in location if part not in ("body", "query", "path", "[key]")]
    return ".".join(name if _PLAIN_FIELD.fullmatch(name) else "?" for name in names)
