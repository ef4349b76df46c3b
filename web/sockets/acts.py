"""What a connected user may do: record an event, ask for a list. The user is the socket's."""

import logging
from collections.abc import Awaitable, Callable

from service.errors import ServiceError
from web.json_input import validated
from web.problems import BadRequest, FieldError, InvalidFields, problem
from web.tokens import Identity
from web.wire.events import SocketEvent, recorded
from web.wire.recommendations import SocketQuery, list_answer
from web.worker import Worker

Ack = dict[str, object]
Act = Callable[[Worker, Identity, object], Awaitable[Ack]]
log = logging.getLogger(__name__)


async def record(worker: Worker, by: Identity, message: object) -> Ack:
    """EventRecorded."""
    event = validated(SocketEvent, message).by(by.user_id)
    (answer,) = await worker.record([event], sender=by.sender)
    if answer.problem is not None:
        return refusal(answer.problem)
    return {"ok": True, **recorded(answer)}


async def recommend(worker: Worker, by: Identity, message: object) -> Ack:
    """RecommendationList."""
    query = validated(SocketQuery, message).of(by.user_id)
    await worker.count(worker.limits.of_socket(by.user_id))
    return {"ok": True, "recommendations": list_answer(await worker.recommend(query))}


async def unknown(_worker: Worker, _by: Identity, _message: object) -> Ack:
    """A message by a name that is none of ours."""
    raise BadRequest("unknown_message", "Known messages: event, recommend.")


async def acknowledged(act: Act, worker: Worker, by: Identity, messages: tuple[object, ...]) -> Ack:
    """The act's answer, or the problem that kept it from happening."""
    try:
        if len(messages) != 1:
            raise InvalidFields([FieldError("", "wrong_type", "Send one object.")])
        return await act(worker, by, messages[0])
    except ServiceError as error:
        return refusal(error)
    except Exception:
        log.exception("a message of a socket failed")
        return refusal(ServiceError("internal_error", "Something went wrong here; it was noted."))


def refusal(error: ServiceError) -> Ack:
    return {"ok": False, "problem": problem(error)}
