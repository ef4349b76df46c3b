"""Records that can never be recorded: ids and reasons, and nothing of what was written freely."""

from typing import Annotated

from pydantic import ConfigDict, Field

from service.dead_letters import Letter, Rejection
from web.wire.fields import DIGEST_PATTERN, Input, Name, Output

ROWS_MAX = 1_000


class RejectedRow(Input):
    """A row of a file that is no event."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"row": 12, "reason": "invalid_id", "field": "user_id"}]}
    )

    row: Annotated[int, Field(ge=1, le=2**53 - 1)] = Field(description="Its line in the file.")
    reason: Name = Field(description="What is wrong, as a code.")
    field: Name | None = Field(None, description="The field that is wrong, if it is one.")

    def to_service(self) -> Rejection:
        return Rejection(self.row, self.reason, self.field or "")


class RejectedRows(Input):
    """What an import leaves out of its file."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"digest": "0f" * 16, "rows": [{"row": 12, "reason": "not_utf8"}]}]
        }
    )

    digest: Annotated[str, Field(pattern=DIGEST_PATTERN)] = Field(
        description="Names the content of the file and its mapping."
    )
    rows: Annotated[list[RejectedRow], Field(max_length=ROWS_MAX)] = Field(
        description="In the order of the file."
    )


class LettersKept(Output):
    """The receipt."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kept": 1}]})

    kept: int = Field(description="How many rows were noted.")


class DeadLetter(Output):
    """A record that can never be recorded. Null is what could not be made out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "letter_id": "1767225600000-0",
                    "at": 1767225600000,
                    "source": "request",
                    "row": 3,
                    "reason": "event_too_old",
                    "field": "timestamp",
                    "user_id": "7",
                    "item_id": "tent-4p",
                    "type": "view",
                    "event_id": "e-1",
                }
            ]
        }
    )

    letter_id: str = Field(description="Names the letter.")
    at: int = Field(description="When it was turned away, epoch milliseconds.")
    source: str = Field(
        description="`request` for events that were sent, else the digest of an import."
    )
    row: int = Field(description="Its line in the file, or its place in the request, from 1 on.")
    reason: str = Field(description="What is wrong, as a code.")
    field: str | None = Field(description="The field that is wrong, if it is one.")
    user_id: str | None = Field(description="Who did it.")
    item_id: str | None = Field(description="What the act was about.")
    type: str | None = Field(description="What the user did, if it is a type that is known.")
    event_id: str | None = Field(description="The id that was sent.")

    @classmethod
    def of(cls, letter: Letter) -> "DeadLetter":
        rejection = letter.rejection
        return cls(
            letter_id=letter.letter_id,
            at=letter.at_ms,
            source=letter.source,
            row=rejection.row,
            reason=rejection.reason,
            field=rejection.field or None,
            user_id=rejection.user_id or None,
            item_id=rejection.item_id or None,
            type=rejection.type or None,
            event_id=rejection.event_id or None,
        )


class DeadLetterList(Output):
    """Dead letters, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kept": 0, "letters": []}]})

    kept: int = Field(description="How many are kept in all: some 10,000 at most.")
    letters: list[DeadLetter] = Field(description="The newest first.")
