"""Signed user tokens: a shop's server gives each browser one (JWT, HS256)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from re import fullmatch
from typing import Any

import jwt
from jwt.types import Options

from service.exposure import SECRET_BYTES
from service.senders import Sender
from web.problems import Unauthorized
from web.wire.fields import ID_PATTERN

AUDIENCE = "tandem"
ALGORITHM = "HS256"
LEEWAY_S = 30
LIFE_S = 3_600
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
    """Reads tokens made with any of the secrets, makes them with the first.

    Raises ValueError for a secret under 32 bytes.
    """

    def __init__(
        self, secrets: Sequence[str], clock: Callable[[], int], longest_s: int = LIFE_S
    ) -> None:
        if not secrets or any(len(secret.encode()) < SECRET_BYTES for secret in secrets):
            raise ValueError(f"TANDEM_TOKEN_SECRET must have {SECRET_BYTES} bytes or more")
        self._secrets = tuple(secrets)
        self._clock = clock
        self._longest_s = longest_s

    def make(self, user_id: str, life_s: int) -> str:
        """A token for that user. Raises ValueError for what would be refused."""
        if not fullmatch(ID_PATTERN, user_id):
            raise ValueError("This is no user id.")
        if not 0 < life_s <= self._longest_s:
            raise ValueError(
                f"A token lives 1 to {self._longest_s} seconds (TANDEM_TOKEN_TTL_S), not {life_s}."
            )
        now_s = self._clock() // 1_000
        claims = {"sub": user_id, "aud": AUDIENCE, "iat": now_s, "exp": now_s + life_s}
        return jwt.encode(claims, self._secrets[0], algorithm=ALGORITHM)

    def identity(self, token: str) -> Identity:
        """Who the token speaks for. Raises Unauthorized: `token_expired` or `token_invalid`."""
        claims = self._claims(token)
        user_id = claims["sub"]
        if not isinstance(user_id, str) or not fullmatch(ID_PATTERN, user_id):
            raise _invalid()
        expires_ms = int((self._expiry_s(claims) + LEEWAY_S) * 1_000)
        if expires_ms <= self._clock():
            raise Unauthorized("token_expired", "The token has expired.")
        return Identity(user_id, expires_ms)

    def _expiry_s(self, claims: Mapping[str, Any]) -> float:
        """Raises Unauthorized where the token begins later or lives longer than it may."""
        latest_s = self._clock() / 1_000 + LEEWAY_S
        expires_s = _time(claims["exp"])
        # Without `iat` nobody knows since when it has been good.
        issued_s = _time(claims.get("iat", latest_s))
        if max(issued_s, _time(claims.get("nbf", 0))) > latest_s:
            raise _invalid()
        if expires_s - issued_s > self._longest_s:
            raise Unauthorized("token_invalid", "The token lives longer than tokens may here.")
        return expires_s

    def _claims(self, token: str) -> dict[str, Any]:
        for secret in self._secrets:
            try:
                return jwt.decode(
                    token, secret, algorithms=[ALGORITHM], audience=AUDIENCE, options=_OPTIONS
                )
            except jwt.InvalidSignatureError:
                continue
            except jwt.InvalidTokenError:
                break
        raise _invalid()


def _time(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        raise _invalid()
    return value


def _invalid() -> Unauthorized:
    return Unauthorized("token_invalid", "The token is not valid here.")
