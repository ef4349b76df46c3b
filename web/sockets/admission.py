"""Who a socket speaks for."""

from dataclasses import replace

from starlette.types import Scope

from service.senders import network_of, sender_by_token
from web.access import Guard, address_of
from web.json_input import validated
from web.problems import Forbidden, Unauthorized
from web.tokens import Identity, Tokens
from web.wire.sockets import SocketAuth


def read_auth(auth: object) -> SocketAuth:
    """What a socket opens with. Raises InvalidFields."""
    return validated(SocketAuth, {} if auth is None else auth)


def identify(sent: SocketAuth, scope: Scope, guard: Guard, tokens: Tokens | None) -> Identity:
    """The token's user, or whom the client names where the guard trusts it.

    Raises Unauthorized with what to send, Forbidden where nothing that is sent would do.
    """
    if sent.token is not None and tokens is not None:
        sender = sender_by_token(network_of(address_of(scope)))
        return replace(tokens.identity(sent.token), sender=sender)
    if not guard.trusts(scope):
        raise _stranger(tokens)
    if sent.user_id is None:
        raise _nobody(tokens)
    return Identity(sent.user_id)


def _nobody(tokens: Tokens | None) -> Unauthorized:
    or_token = "" if tokens is None else ' or auth: {token: "..."} with a user\'s signed token'
    return Unauthorized("missing_user_id", f'Connect with auth: {{user_id: "7"}}{or_token}.')


def _stranger(tokens: Tokens | None) -> Unauthorized | Forbidden:
    if tokens is not None:
        return Unauthorized(
            "missing_token",
            'Connect with auth: {token: "..."}, a user\'s signed token; a user_id alone will not do.',
        )
    return Forbidden(
        "tokens_not_configured",
        "Sockets from here need a user's signed token, and TANDEM_TOKEN_SECRET is not set. Without "
        "keys this machine's own clients may connect with a user_id, through no proxy.",
    )
