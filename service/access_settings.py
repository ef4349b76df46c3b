"""Settings that say who may call, with what, and how often."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator
from pydantic_settings import BaseSettings, NoDecode

DAY_S = 86_400
DIGEST_PREFIX = "sha256:"


def _key(text: str) -> str:
    """A key in clear, or its digest in small letters."""
    if not text.startswith(DIGEST_PREFIX):
        return text
    if not re.fullmatch("sha256:[0-9a-f]{64}", text.lower()):
        raise ValueError(f"{DIGEST_PREFIX} is followed by 64 hexadecimal digits")
    return text.lower()


Key = Annotated[str, Field(min_length=16), AfterValidator(_key)]
Caller = Literal["user", "write", "server", "admin"]


class AccessSettings(BaseSettings):
    """The part of the settings that keeps strangers out and callers within bounds."""

    write_keys: Annotated[tuple[Key, ...], NoDecode] = Field(
        default=(),
        description="Keys that may send events, separated by commas; each in clear or as "
        "`sha256:` and its digest.",
    )
    server_keys: Annotated[tuple[Key, ...], NoDecode] = Field(
        default=(),
        description="Keys that may read any user's recommendations, separated by commas.",
    )
    admin_keys: Annotated[tuple[Key, ...], NoDecode] = Field(
        default=(), description="Keys for catalogue, erasure and /admin, separated by commas."
    )
    token_secret: str = Field(
        default="",
        description="Secret (32 bytes or more) of the users' signed tokens (JWT, HS256).",
    )
    token_secret_old: str = Field(
        default="",
        description="The secret before the last change: tokens made with it are taken until this is unset.",
    )
    token_ttl_s: int = Field(
        default=3_600,
        ge=60,
        le=30 * DAY_S,
        description="Longest life of a user's token; one that is made to live longer is refused.",
    )
    demo_open: bool = Field(
        default=False,
        description="Open demo: everybody may do everything, on any address. Never with real data.",
    )
    origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Browser origins that may connect, separated by commas. Empty: the page's own origin only.",
    )
    insecure: bool = Field(
        default=False,
        description="Start although Redis or the settings are unsafe (`tandem doctor` names what): a warning each.",
    )
    limited_callers: Annotated[tuple[Caller, ...], NoDecode] = Field(
        default=("user", "write"),
        description="Whose requests are limited, separated by commas: `user` (by their token), `write`, "
        "`server`, `admin` (by their key). Events are limited apart.",
    )
    user_requests_per_minute: int = Field(
        default=300,
        ge=0,
        le=1_000_000,
        description="Requests of one user by their token, events aside; more get 429. 0: any number.",
    )
    key_requests_per_minute: int = Field(
        default=60_000,
        ge=0,
        le=10_000_000,
        description="Requests with one key of `limited_callers`, events aside; more get 429. 0: any number.",
    )
    ip_requests_per_minute: int = Field(
        default=1_200,
        ge=0,
        le=1_000_000,
        description="Requests of `limited_callers` from one address (of IPv6, one /64), events aside; more get "
        "429. 0: any number.",
    )

    @field_validator(
        "write_keys", "server_keys", "admin_keys", "origins", "limited_callers", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @property
    def keyed(self) -> bool:
        """Whether any key is set: without keys the service listens on loopback only."""
        return bool(self.write_keys or self.server_keys or self.admin_keys)

    @property
    def token_secrets(self) -> tuple[str, ...]:
        """Those whose tokens are taken, the one that tokens are made with first."""
        return tuple(secret for secret in (self.token_secret, self.token_secret_old) if secret)
