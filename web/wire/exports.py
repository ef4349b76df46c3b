"""Everything that is known of a user, as one document."""

from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from web.wire.fields import Output
from web.wire.users import HistoryEvent

_ENTRY: JsonDict = {"item_id": "tent-4p", "type": "view", "at": 1767225600000}
_VISIT: JsonDict = {
    "kind": "session",
    "name": "#1767225600",
    "started_at": 1767225600000,
    "last_event_at": 1767225600000,
    "entries": [_ENTRY],
    "listed_under": ["tent-4p"],
}
_LIST: JsonDict = {
    "at": 1767225600000,
    "strategy": "balanced",
    "arm": "",
    "items": ["lantern"],
}
_TURNED_AWAY: JsonDict = {
    "at": 1767225600000,
    "user_id": "7",
    "event_id": "e-0",
    "type": "view",
    "item_id": "tent-4p",
    "reason": "event_too_old",
}
_RECORD: JsonDict = {
    "user_id": "7",
    "profile": {"rev": "1767225600001", "n:view": "1", "a:plan": "gold"},
    "brought_by": ["0f3a9c1e"],
    "history": [{"event_id": "e-1", **_ENTRY}],
    "event_ids": {"20454": {"e-1": "dGVudC00"}},
    "lists": [_LIST],
    "visits": [_VISIT],
}


class ExportedEntry(Output):
    """What a session or basket has counted, in its order."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ENTRY]})

    item_id: str = Field(description="The item.")
    type: str = Field(description="What was done; in a basket `refund` for what was sent back.")
    at: int = Field(description="When it was counted, epoch milliseconds.")


class ExportedVisit(Output):
    """A session, or a basket of purchases."""

    model_config = ConfigDict(json_schema_extra={"examples": [_VISIT]})

    kind: Literal["session", "basket"] = Field(description="Which of the two.")
    name: str = Field(description="As the shop named it, or `#` and the second of its first event.")
    started_at: int = Field(description="Epoch milliseconds.")
    last_event_at: int = Field(description="Epoch milliseconds.")
    entries: list[ExportedEntry] = Field(description="What it has counted.")
    listed_under: list[str] = Field(
        description="Items among whose newest sessions this one is remembered."
    )


class ExportedList(Output):
    """A list that was shown."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LIST]})

    at: int = Field(description="Epoch milliseconds.")
    strategy: str = Field(description="How it was made.")
    arm: str = Field(description="Arm of an experiment, or empty.")
    items: list[str] = Field(description="The ids of its items.")


class ExportedRecord(Output):
    """What is kept under one id."""

    model_config = ConfigDict(json_schema_extra={"examples": [_RECORD]})

    user_id: str = Field(description="The id.")
    profile: dict[str, str] = Field(
        description="As Redis holds it: `rev`ision, current `session` and `basket`, `last` event, totals by type "
        "(`n:`), attributes (`a:`), and whose `alias` it is since it was merged (`aliased`); the write `key` that "
        "brought the user, how many events were `sent` in which `minute`, and in which `span` of an event's life the "
        "record was renewed last."
    )
    brought_by: list[str] = Field(
        description="Ids of the write keys that the user was first seen with."
    )
    history: list[HistoryEvent] = Field(description="Newest first.")
    event_ids: dict[str, dict[str, str]] = Field(
        description="Ids of events by day (days since 1970), each with the fingerprint of what was sent: they keep "
        "repeated events out for three days."
    )
    lists: list[ExportedList] = Field(description="Shown lately, newest first.")
    visits: list[ExportedVisit] = Field(description="Sessions and baskets, oldest first.")


class TurnedAway(Output):
    """An event of the user's that an import or a batch held, and that could not be recorded."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TURNED_AWAY]})

    at: int = Field(description="When it came, epoch milliseconds.")
    user_id: str = Field(description="The id.")
    event_id: str = Field(description="Its id, or empty.")
    type: str = Field(description="Its type, or empty.")
    item_id: str = Field(description="Its item, or empty.")
    reason: str = Field(description="Why.")


class UserExport(Output):
    """Everything that is known of a user. No model is learned of a single user, and none is exported."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "user_id": "7",
                    "exported_at": 1767225600000,
                    "turned_away": [_TURNED_AWAY],
                    "records": [_RECORD],
                }
            ]
        }
    )

    user_id: str = Field(description="The user.")
    exported_at: int = Field(description="Epoch milliseconds.")
    turned_away: list[TurnedAway] = Field(description="Of all ids, the oldest first.")
    records: list[ExportedRecord] = Field(
        description="One for the user's own id, and one for each id that was merged into it."
    )
