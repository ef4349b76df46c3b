"""Every error as problem+json, whoever raised it."""

from http import HTTPStatus

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match

from service.errors import NotFound, ServiceError
from web.json_output import dumps
from web.problems import (
    MEDIA_TYPE,
    REQUEST_ID,
    BadRequest,
    BodyTooSlow,
    MethodNotAllowed,
    RateLimited,
    TooLarge,
    Unauthorized,
    invalid_fields,
    problem,
)

CLIENT_CLOSED_REQUEST = 499
RATE_HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
_log = structlog.get_logger(__name__)


def install(app: FastAPI) -> None:
    """Makes the app answer all errors in one shape."""
    app.add_exception_handler(ServiceError, _service_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(ClientDisconnect, client_gone)
    app.add_exception_handler(Exception, unexpected)


def problem_answer(request: Request, error: ServiceError) -> Response:
    """The answer to an error."""
    body = dumps(problem(error, request.scope.get(REQUEST_ID)))
    return Response(body, error.status, _headers(error), MEDIA_TYPE)


def _headers(error: ServiceError) -> dict[str, str]:
    headers = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, RateLimited):
        told = (error.per_minute, 0, error.retry_after_s)
        headers |= {name: str(value) for name, value in zip(RATE_HEADERS, told, strict=True)}
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooLarge | BodyTooSlow):
        # The rest of the body is not read, so the connection cannot be used again.
        headers["Connection"] = "close"
    return headers


def _service_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, ServiceError):
        raise error
    return problem_answer(request, error)


def _validation_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    return problem_answer(request, invalid_fields(error.errors()))


def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    # FastAPI turns whatever goes wrong while it reads a body into its own 400.
    if isinstance(error.__cause__, ServiceError):
        return problem_answer(request, error.__cause__)
    if error.status_code == HTTPStatus.NOT_FOUND:
        return problem_answer(request, NotFound("not_found", "There is nothing here."))
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        refused = MethodNotAllowed("method_not_allowed", "The method is not allowed here.")
        answer = problem_answer(request, refused)
        answer.headers["Allow"] = _allowed_methods(request)
        return answer
    return problem_answer(request, BadRequest("bad_request", "The request cannot be read."))


def _allowed_methods(request: Request) -> str:
    """Of all routes with this path: the framework names those of one."""
    methods: set[str] = set()
    for route in request.app.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return ", ".join(sorted(methods))


def client_gone(_request: Request, _error: Exception) -> Response:
    """Nobody hears it; the status is for the metrics."""
    return Response(status_code=CLIENT_CLOSED_REQUEST)


def unexpected(request: Request, error: Exception) -> Response:
    """The answer to a fault of ours, which is logged and not described."""
    _log.error("request failed", request_id=request.scope.get(REQUEST_ID), error=repr(error))
    detail = "Something went wrong here; it was noted."
    return problem_answer(request, ServiceError("internal_error", detail))
