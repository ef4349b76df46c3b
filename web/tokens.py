"""Signed user tokens: a shop's server gives each browser one (JWT, HS256)."""

from collections.abc import Callable
from dataclasses import dataclass
from re import fullmatch
from typing import Any

import jwt
from jwt.types import Options

from service.doctor import SECRET_BYTES
from service.senders import Sender
from web.problems import Unauthorized
from web.wire.fields import ID_PATTERN

AUDIENCE = "tandem"
ALGORITHM = "HS256"
LEEWAY_S = 30
_OPTIONS: Options = {
    "require": ["sub", "aud", "exp"],
    # These three are checked here, by the clock that is passed in.
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a socket or request speaks for; `expires_ms` None: for as long as it is open.

    One with a `sender` is limited.
    """

    user_id: str
    expires_ms: int | None = None
    sender: Sender | None = None


class Tokens:
    """Reads tokens. Raises ValueError for a secret under 32 bytes."""

    def __init__(self, secret: str, clock: Callable[[], int]) -> None:
        if len(secret.encode()) < SECRET_BYTES:
            raise ValueError(f"TANDEM_TOKEN_SECRET must have {SECRET_BYTES} bytes or more")
        self._secret = secret
        self._clock = clock

    def identity(self, token: str) -> Identity:
        """Who the token speaks for. Raises Unauthorized: `token_expired` or `token_invalid`."""
        claims = self._claims(token)
        user_id, expires_s = claims["sub"], claims["exp"]
        not_before_s = claims.get("nbf", 0)
        if not (_is_time(expires_s) and _is_time(not_before_s)):
            raise _invalid()
        if not isinstance(user_id, str) or not fullmatch(ID_PATTERN, user_id):
            raise _invalid()
        now_ms = self._clock()
        if not_before_s * 1_000 > now_ms + LEEWAY_S * 1_000:
            raise _invalid()
        expires_ms = int((expires_s + LEEWAY_S) * 1_000)
        if expires_ms <= now_ms:
            raise Unauthorized("token_expired", "The token has expired.")
        return Identity(user_id, expires_ms)

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            return jwt.decode(
                token, self._secret, algorithms=[ALGORITHM], audience=AUDIENCE, options=_OPTIONS
            )
        except jwt.InvalidTokenError:
            raise _invalid() from None


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e11


def _invalid() -> Unauthorized:
    return Unauthorized("token_invalid", "The token is not valid here.")
