"""Events in, and what became of them."""

from typing import Annotated

from pydantic import ConfigDict, Field

from service.forms import QUANTITY_MAX
from service.model import EventAnswer, NewEvent
from web.wire.fields import (
    Amount,
    Currency,
    EpochMs,
    EventTypeName,
    Id,
    Input,
    Output,
    Properties,
    RecommendationId,
)
from web.wire.problem import EXAMPLE, Problem
from web.wire.recommendations import RecommendationList


class SocketEvent(Input):
    """One act of the user of this socket."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"item_id": "tent-4p", "type": "purchase"}]}
    )

    item_id: Id = Field(description="What the act was about.")
    type: EventTypeName = Field(description="What the user did.")
    event_id: Id | None = Field(
        None, description="Makes a retry harmless: the same id counts once. One is made if absent."
    )
    timestamp: EpochMs | None = Field(None, description="When it happened, epoch milliseconds.")
    session_id: Id | None = Field(
        None, description="Acts of one visit are seen together. If absent, a pause ends a visit."
    )
    order_id: Id | None = Field(None, description="Purchases of one order are bought together.")
    value: Amount | None = Field(None, description="What it was worth, in the shop's own unit.")
    quantity: Annotated[int, Field(ge=1, le=QUANTITY_MAX)] | None = Field(
        None, description="How many pieces."
    )
    currency: Currency | None = Field(None, description="Of the value.")
    recommendation_id: RecommendationId | None = Field(
        None, description="The list that the item was picked from."
    )
    properties: Properties | None = Field(
        None, description="More about the act, in fields of the shop's own."
    )

    def by(self, user_id: str) -> NewEvent:
        """The event as the service takes it."""
        return NewEvent(
            user_id,
            self.item_id,
            self.type,
            self.event_id,
            self.timestamp,
            self.session_id,
            self.order_id,
            self.value,
            self.quantity,
            self.currency,
            self.recommendation_id,
            self.properties,
        )


class Event(SocketEvent):
    """One act of a user."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"user_id": "7", "item_id": "tent-4p", "type": "view", "event_id": "e-1"}]
        }
    )

    user_id: Id = Field(description="Who did it.")

    def to_service(self) -> NewEvent:
        return self.by(self.user_id)


class EventRecorded(Output):
    """The event counts, once; `revision` numbers the states of its user."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"event_id": "e-1", "duplicate": False, "revision": 1767225600001}]
        }
    )

    event_id: str = Field(description="The id that was sent, or the one that was made.")
    duplicate: bool = Field(description="Recorded before; nothing was counted again.")
    revision: int = Field(description="Number of the user's state; it only grows.")
    recommendations: RecommendationList | None = Field(
        None, description="With ?recommend: the fresh list, which contains this event."
    )


class EventRefused(Output):
    """The event does not count."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"event_id": "e-1", "problem": EXAMPLE}]}
    )

    event_id: str | None = Field(description="The id that was sent, if it is one.")
    problem: Problem = Field(description="What kept it out.")


class BatchRecorded(Output):
    """What became of each event, in the order sent."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "accepted": 1,
                    "duplicates": 0,
                    "rejected": 0,
                    "results": [{"event_id": "e-1", "duplicate": False, "revision": 1767225600001}],
                }
            ]
        }
    )

    accepted: int = Field(description="Recorded now.")
    duplicates: int = Field(description="Recorded before.")
    rejected: int = Field(description="Not recorded; their problems are in the results.")
    results: list[EventRecorded | EventRefused] = Field(description="One for each event.")


def recorded(answer: EventAnswer) -> dict[str, object]:
    """EventRecorded, as plain data for the hot path."""
    return {
        "event_id": answer.event_id,
        "duplicate": answer.duplicate,
        "revision": answer.revision,
    }
