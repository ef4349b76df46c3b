"""What is known of a user."""

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from service.model import Erasure, UserView
from web.wire.fields import Id, Input, Label, Name, Output

_EXAMPLE_EVENT: JsonDict = {
    "event_id": "e-1",
    "type": "view",
    "item_id": "tent-4p",
    "at": 1767225600000,
}
Attributes = Annotated[dict[Name, Label], Field(max_length=32)]


class UserAttributes(Input):
    """Attributes of the shop's own naming; they replace all earlier ones.

    They are forgotten `TANDEM_EVENT_TTL_S` after the user's last event or setting of attributes.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"attributes": {"plan": "gold"}}]})

    attributes: Attributes = Field(description="Name to value.")


class HistoryEvent(Output):
    """One remembered event."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE_EVENT]})

    event_id: str = Field(description="Names the event.")
    type: str = Field(description="What the user did.")
    item_id: str = Field(description="What the act was about.")
    at: int = Field(description="When it happened, epoch milliseconds.")


class User(Output):
    """What is known of a user: revision, totals, attributes, and the history, newest event first.

    Kept beside it, erased with it, and in `GET /users/{user_id}/export`: sessions, baskets, the ids of the last days'
    events and, where `TANDEM_ROTATE_DAYS` is set, the lists shown lately.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "user_id": "7",
                    "revision": 1767225600001,
                    "last_event_at": 1767225600000,
                    "totals": {"view": 1},
                    "attributes": {"plan": "gold"},
                    "history": [_EXAMPLE_EVENT],
                }
            ]
        }
    )

    user_id: str = Field(description="The user.")
    revision: int = Field(description="Number of the user's state; it only grows.")
    last_event_at: int | None = Field(description="Epoch milliseconds; null before any event.")
    totals: dict[str, int] = Field(description="Event type to how many.")
    attributes: dict[str, str] = Field(description="As they were set last.")
    history: list[HistoryEvent] = Field(description="Newest first.")

    @classmethod
    def of(cls, view: UserView) -> "User":
        return cls(
            user_id=view.user_id,
            revision=view.revision,
            last_event_at=view.last_event_ms,
            totals=dict(view.totals),
            attributes=dict(view.attributes),
            history=[
                HistoryEvent(event_id=e.event_id, type=e.type, item_id=e.item_id, at=e.at_ms)
                for e in view.history
            ],
        )


class UserErased(Output):
    """The receipt of an erasure: what was taken back and removed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"user_id": "7", "merged": ["visitor-3f9c"], "visits": 3, "keys": 8}]
        }
    )

    user_id: str = Field(description="The user who is forgotten.")
    merged: list[str] = Field(description="Ids that were merged into them, forgotten too.")
    visits: int = Field(description="Sessions and baskets taken back from the counts.")
    keys: int = Field(description="Redis keys removed.")

    @classmethod
    def of(cls, erasure: Erasure) -> "UserErased":
        return cls(
            user_id=erasure.user_id,
            merged=list(erasure.merged),
            visits=erasure.visits,
            keys=erasure.keys,
        )


class UserMerge(Input):
    """Which user turned out to be whom, as when a visitor logs in."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"from": "visitor-3f9c", "to": "7"}]})

    source: Id = Field(alias="from", description="The anonymous user.")
    target: Id = Field(alias="to", description="The known user.")


class UsersMerged(Output):
    """Whose the anonymous user's acts are now."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"from": "visitor-3f9c", "to": "7"}]})

    source: str = Field(alias="from", description="The anonymous user.")
    target: str = Field(
        alias="to", description="The known user, or whoever that one was merged into."
    )
