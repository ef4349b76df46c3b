"""The AsyncAPI description of Socket.IO: a namespace is a channel, events are messages.

AsyncAPI has no binding for Socket.IO; acknowledgements are written as replies, as its authors
suggest.
"""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from web.openapi import TITLE, api_version
from web.wire.events import SocketEvent
from web.wire.problem import Problem
from web.wire.recommendations import PushedList, SocketQuery
from web.wire.sockets import EventAck, RecommendAck, Refusal, ServerDraining, SocketAuth

CHANNEL = {"$ref": "#/channels/shopper"}
_DESCRIPTION = """\
Namespace `/` of Socket.IO (protocol 5), WebSocket transport only. Authenticate with `auth {token}`, a
user's signed token; an open demo, and a service without keys on its own machine, takes
`auth {user_id}` as well. A refused client gets `connect_error` with the problem as `err.data`.
Whatever a client sends is the user's of its socket. Lists are whole: draw the one with the greatest
(revision, computed_at) and forget the others. A socket that sends more messages than it may gets
`rate_limited`, as `error` and in the answer; send what was refused again, later.
"""
# Name on the wire, model of its data, what it is.
SENT_BY_SERVER: dict[str, tuple[type[BaseModel], str]] = {
    "recommendations": (PushedList, "On connecting, and whenever the list changes."),
    "server_draining": (ServerDraining, "This worker stops; connect again, elsewhere."),
    "error": (
        Problem,
        "A packet could not be read, messages came too fast, or the token has expired.",
    ),
}
# Name on the wire, model of its data, model of the acknowledgement, what it does.
SENT_BY_CLIENT: dict[str, tuple[type[BaseModel], type[BaseModel], str]] = {
    "event": (SocketEvent, EventAck, "Records one act of the user."),
    "recommend": (SocketQuery, RecommendAck, "Asks for a list."),
}


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3.0, as plain data."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"{TITLE} sockets",
            "version": api_version(),
            "description": _DESCRIPTION,
        },
        "channels": {
            "shopper": {
                "address": "/",
                "messages": {name: {"$ref": _message(name)} for name in _messages()},
            }
        },
        "operations": _operations(),
        "components": {
            "messages": {
                name: {"name": name, "summary": summary, "payload": {"$ref": _schema(model)}}
                for name, (model, summary) in _messages().items()
            },
            "schemas": schemas(),
        },
    }


def schemas() -> dict[str, Any]:
    """The JSON schema of each model that travels."""
    sent: list[type[BaseModel]] = [model for model, _ in _messages().values()]
    models: dict[type[BaseModel], None] = dict.fromkeys([SocketAuth, *sent])
    _, definitions = models_json_schema(
        [(model, "validation") for model in models],
        ref_template="#/components/schemas/{model}",
    )
    found: dict[str, Any] = definitions["$defs"]
    return dict(sorted(found.items()))


def _messages() -> dict[str, tuple[type[BaseModel], str]]:
    client = {name: (model, summary) for name, (model, _, summary) in SENT_BY_CLIENT.items()}
    acks = {f"{name}_ack": (ack, "The answer.") for name, (_, ack, _) in SENT_BY_CLIENT.items()}
    refused = {"refusal": (Refusal, "The answer where it could not be done.")}
    return {**SENT_BY_SERVER, **client, **acks, **refused}


def _operations() -> dict[str, Any]:
    sent = {
        f"send_{name}": {"action": "send", "channel": CHANNEL, "messages": [_of_channel(name)]}
        for name in SENT_BY_SERVER
    }
    received = {
        f"receive_{name}": {
            "action": "receive",
            "channel": CHANNEL,
            "messages": [_of_channel(name)],
            "reply": {
                "channel": CHANNEL,
                "messages": [_of_channel(f"{name}_ack"), _of_channel("refusal")],
            },
        }
        for name in SENT_BY_CLIENT
    }
    return sent | received


def _of_channel(name: str) -> dict[str, str]:
    return {"$ref": f"#/channels/shopper/messages/{name}"}


def _message(name: str) -> str:
    return f"#/components/messages/{name}"


def _schema(model: type[BaseModel]) -> str:
    return f"#/components/schemas/{model.__name__}"
