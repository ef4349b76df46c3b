"""Every error that a caller can get, with the HTTP status it carries.

ServiceError
├── InvalidInput 422        a field is wrong: `field` names it
│   └── TooOld, TooNew 422  the event's time is outside what is accepted
├── NotFound 404            no such user, item, job or strategy
├── Conflict 409            event id reused with other content; a job that cannot be cancelled
├── LimitExceeded 429       a user's daily number of events; a sender's in a minute, of events or of new ids
├── Refused 422             the store holds something else under a key of this event
├── Busy 503                the user is being erased; try again
└── Unavailable 503         Redis is away, slow, full or read-only; try again
"""

from typing import ClassVar


class ServiceError(Exception):
    """An answer that is not a result. `code` is stable and machine-readable; `detail` never echoes input."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Error"

    def __init__(
        self, code: str, detail: str, *, field: str | None = None, retry_after_s: int | None = None
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.field = field
        self.retry_after_s = retry_after_s


class InvalidInput(ServiceError):
    status = 422
    title = "The input is not valid"


class TooOld(InvalidInput):
    title = "The event is too old"


class TooNew(InvalidInput):
    title = "The event lies in the future"


class NotFound(ServiceError):
    status = 404
    title = "Not found"


class Conflict(ServiceError):
    status = 409
    title = "Conflict"


class LimitExceeded(ServiceError):
    status = 429
    title = "Too many requests"


class Refused(ServiceError):
    status = 422
    title = "The event cannot be recorded"


class Busy(ServiceError):
    status = 503
    title = "Busy"


class Unavailable(ServiceError):
    status = 503
    title = "The store is not available"
