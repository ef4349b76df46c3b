"""What sockets say and are told, beyond events and lists."""

from typing import Annotated

from pydantic import ConfigDict, Field

from web.wire.events import EventRecorded
from web.wire.fields import Id, Input, Output
from web.wire.problem import EXAMPLE, Problem
from web.wire.recommendations import EXAMPLE_LIST, RecommendationList


class SocketAuth(Input):
    """How a socket authenticates: a user's token; in an open demo, or without keys on this machine, the user's id."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"token": "eyJhbGciOi..."}]})

    token: Annotated[str, Field(max_length=4_096)] | None = Field(
        None, description="A user's signed token."
    )
    user_id: Id | None = Field(
        None, description="The user, where no token is needed: in an open demo, or without keys."
    )
    explain: bool = Field(
        False,
        description="Send every list with each feature's contribution to the scores: three times as long.",
    )


class EventAck(EventRecorded):
    """The answer to `event`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"ok": True, "event_id": "e-1", "duplicate": False, "revision": 1767225600001}
            ]
        }
    )

    ok: Annotated[bool, Field(description="It was done.", json_schema_extra={"const": True})]


class RecommendAck(Output):
    """The answer to `recommend`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"ok": True, "recommendations": EXAMPLE_LIST}]}
    )

    ok: Annotated[bool, Field(description="It was done.", json_schema_extra={"const": True})]
    recommendations: RecommendationList = Field(description="The list that was asked for.")


class Refusal(Output):
    """The answer to a message that could not be done."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ok": False, "problem": EXAMPLE}]})

    ok: Annotated[bool, Field(description="It was not.", json_schema_extra={"const": False})]
    problem: Problem = Field(description="What kept it from being done.")


class ServerDraining(Output):
    """This worker stops; the socket is closed right after, and another worker will take it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"retry_after_ms": 1200}]})

    retry_after_ms: int = Field(description="When to connect again, to spread the crowd.")
