"""The one shape of every error (RFC 9457)."""

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from web.wire.fields import FORMS, ID_PATTERN, Output


class ProblemOfField(Output):
    """One wrong field among several."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"field": "value", "code": "wrong_type", "detail": "A number is wanted."}]
        }
    )

    field: str = Field(description="Where it is: names and places, with dots between.")
    code: str = Field(description="What is wrong; stable.")
    detail: str = Field(description="The same for people, and what is wanted.")


REQUEST_ID = "3f9c2a7be1d04458"
EXAMPLE: JsonDict = {
    "type": "urn:tandem:problem:invalid_id",
    "title": "The input is not valid",
    "status": 422,
    "detail": FORMS[ID_PATTERN],
    "code": "invalid_id",
    "field": "user_id",
    "request_id": REQUEST_ID,
}


class Problem(Output):
    """What went wrong. `code` is stable; nothing that was sent is repeated."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    type: str = Field(description="urn:tandem:problem:CODE.")
    title: str = Field(description="The kind of problem.")
    status: int = Field(description="The status of the answer.")
    detail: str = Field(description="What is wrong, and what is wanted.")
    code: str = Field(description="What is wrong; stable.")
    field: str | None = Field(
        None, description="The field that is wrong, the first of them; empty for the whole."
    )
    errors: list[ProblemOfField] | None = Field(None, description="All wrong fields, if several.")
    retry_after_s: int | None = Field(None, description="When to try again.")
    request_id: str | None = Field(None, description="As in the header X-Request-Id.")
