"""A problem for each way in which a route can fail, as the service answers it: examples for the description."""

from pydantic import BaseModel

from service.availability import RETRY_AFTER_S
from service.errors import Conflict, InvalidInput, LimitExceeded, NotFound, Unavailable
from service.strategies import BUILT_IN
from web.access import Access, Caller, Declaration
from web.crowd import WORKER_FULL_TEXT
from web.json_input import BODY_LIMIT, not_json, too_slow, validated
from web.problems import (
    BadRequest,
    FieldError,
    Forbidden,
    InvalidFields,
    RateLimited,
    TooLarge,
    Unauthorized,
    UnsupportedMedia,
)
from web.wire.fields import FORMS, ID_PATTERN

NO_KEY = Unauthorized("missing_key", "Send a key: Authorization: Bearer KEY.")
NOT_JSON = not_json(1, 2)
TOO_LARGE = TooLarge("body_too_large", f"A body has at most {BODY_LIMIT:,} bytes here.")
NO_TYPE = UnsupportedMedia("content_type", "The content type must be application/json.")
# What keeps out any body, whatever its fields.
BODY = (NOT_JSON, too_slow(), TOO_LARGE, NO_TYPE)
NAMED_TWICE = BadRequest("duplicate_key", "The query names a parameter twice.")
UNKNOWN_ITEM = NotFound("unknown_item", "There is no such item.")
UNKNOWN_USER = NotFound("unknown_user", "Nothing is known of this user.")
UNKNOWN_JOB = NotFound("unknown_job", "There is no such job.")
UNKNOWN_IMPORT = NotFound("unknown_import", "No import of this file is known.")
UNKNOWN_STRATEGY = NotFound("unknown_strategy", f"Known strategies: {', '.join(sorted(BUILT_IN))}.")
MERGE_CYCLE = Conflict("merge_cycle", "`to` is `from`, or was merged into it.")
JOB_ENDED = Conflict("job_ended", "The job has ended: done.")
EVENT_ID_REUSED = Conflict(
    "event_id_reused", "This event id was used for other content.", field="event_id"
)
TOO_MANY_EVENTS = LimitExceeded(
    "too_many_events", "The user has reached the day's number of events.", retry_after_s=3_600
)
TOO_OFTEN = RateLimited(300, 42)
STORE_AWAY = Unavailable(
    "storage_unavailable", "The store cannot answer now; try again.", retry_after_s=RETRY_AFTER_S
)
EVENT_NOT_TAKEN = Unavailable(
    "storage_unavailable",
    "The store cannot take the event now; it is safe to send it again with its id.",
    retry_after_s=RETRY_AFTER_S,
)
OVERLOADED = Unavailable("overloaded", "Too many events wait.", retry_after_s=RETRY_AFTER_S)
WORKER_FULL = Unavailable("overloaded", WORKER_FULL_TEXT, retry_after_s=RETRY_AFTER_S)


def forbidden(declaration: Declaration) -> Forbidden:
    """What the write key gets, or where that will do another user's token."""
    try:
        Caller(Access.WRITE).check(declaration)
        Caller(Access.PUBLIC, "7").check_user("8")
    except Forbidden as error:
        return error
    raise ValueError("nobody is kept out")


def refused(model: type[BaseModel], sent: object) -> InvalidInput:
    """What the model says of it."""
    try:
        validated(model, sent)
    except InvalidInput as error:
        return error
    raise ValueError(f"{model.__name__} takes it")


def wrong(field: str, code: str, detail: str) -> InvalidInput:
    """For what is no field of a model."""
    return InvalidFields([FieldError(field, code, detail)])


def no_id(field: str) -> InvalidInput:
    return wrong(field, "invalid_id", FORMS[ID_PATTERN])
