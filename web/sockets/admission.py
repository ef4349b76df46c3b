"""Who a socket speaks for."""

from starlette.types import Scope

from web.access import Guard
from web.json_input import validated
from web.problems import Unauthorized
from web.tokens import Identity, Tokens
from web.wire.sockets import SocketAuth


def identify(auth: object, scope: Scope, guard: Guard, tokens: Tokens | None) -> Identity:
    """The token's user, or whom the client names where the guard trusts it. Raises Unauthorized."""
    sent = validated(SocketAuth, {} if auth is None else auth)
    if sent.token is not None and tokens is not None:
        return tokens.identity(sent.token)
    if sent.user_id is not None and guard.trusts(scope):
        return Identity(sent.user_id)
    raise Unauthorized("missing_token", "Send auth {token} with a user's token.")
