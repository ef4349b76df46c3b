"""Who may call what: every route declares the key it needs, and nobody gets in without one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from hmac import compare_digest
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

from starlette.types import Scope

from service.exposure import is_loopback
from service.senders import (
    Sender,
    digest_of,
    digest_of_setting,
    network_of,
    sender_by_key,
    sender_by_token,
)
from service.settings import Settings
from web.problems import Forbidden, Unauthorized
from web.tokens import Tokens

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
REMEMBERED = 4_096  # holders of keys, each with the network they call from
# With all that begin with `x-forwarded-`: what proxies write.
_PROXY_HEADERS = frozenset({b"forwarded", b"via", b"x-real-ip"})


class Access(IntEnum):
    """Kinds of key; each may do what the smaller ones may."""

    PUBLIC = 0
    WRITE = 1
    SERVER = 2
    ADMIN = 3


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a route needs. With `own_user` a user's token will do as well, for that user's data.

    `limited`: requests count against the limits of their callers (events have limits of their own).
    """

    access: Access
    own_user: bool = False
    limited: bool = True


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the holder of a key, which `key_id` names, or a user by their token. One with a `sender` is limited
    in what they send.
    """

    access: Access
    user_id: str | None = None
    sender: Sender | None = None
    key_id: str | None = None

    def check(self, needed: Declaration) -> None:
        """Raises Forbidden where the key is of a smaller kind."""
        if self.access < needed.access and not (needed.own_user and self.user_id):
            kind = needed.access.name.lower()
            raise Forbidden("key_not_allowed", f"This needs the {kind} key.")

    def check_user(self, user_id: str | None) -> None:
        """Raises Forbidden where a user's token is used for somebody else."""
        if self.user_id is not None and self.user_id != user_id:
            raise Forbidden("wrong_user", "The token is another user's.")


class UndeclaredRoute(Exception):
    """A route does not say which key it needs."""


def open_to(
    access: Access, *, own_user: bool = False, limited: bool = True
) -> Callable[[Endpoint], Endpoint]:
    """Declares which key an endpoint needs."""

    def declare(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, "declaration", Declaration(access, own_user, limited))  # noqa: B010
        return endpoint

    return declare


def declaration_of(endpoint: object) -> Declaration:
    """Raises UndeclaredRoute where there is none."""
    declaration = getattr(endpoint, "declaration", None)
    if not isinstance(declaration, Declaration):
        raise UndeclaredRoute(getattr(endpoint, "__qualname__", repr(endpoint)))
    return declaration


class Guard:
    """Checks keys, tokens and origins. Lives as long as the app."""

    def __init__(self, settings: Settings, tokens: Tokens | None) -> None:
        self._open = settings.demo_open
        self._keyed = settings.keyed
        self._tokens = tokens
        self._origins = frozenset(settings.origins)
        kinds = (
            (Access.WRITE, settings.write_keys),
            (Access.SERVER, settings.server_keys),
            (Access.ADMIN, settings.admin_keys),
        )
        self._digests = [(digest_of_setting(key), kind) for kind, keys in kinds for key in keys]

    def admit(self, scope: Scope, declaration: Declaration) -> Caller:
        """The caller, if the route is open to them. Raises Unauthorized or Forbidden."""
        if self._open or declaration.access is Access.PUBLIC:
            return Caller(Access.ADMIN)
        headers = dict(scope["headers"])
        self._check_origin(headers)
        caller = self._caller(headers, scope)
        caller.check(declaration)
        return caller

    def trusts(self, scope: Scope) -> bool:
        """Whether whoever connects may name any user: an open demo, or no keys and this machine."""
        return self._open or (not self._keyed and _is_local(scope, dict(scope["headers"])))

    def allows_origin(self, origin: str, host: str) -> bool:
        """Whether a page of that origin may call; the page's own server is always allowed."""
        if origin in self._origins:
            return True
        parts = _parts(origin)
        return parts is not None and parts.netloc != "" and parts.netloc == host

    def _check_origin(self, headers: Mapping[bytes, bytes]) -> None:
        origin = headers.get(b"origin")
        if origin is None:
            return
        host = headers.get(b"host", b"").decode("latin-1")
        if not self.allows_origin(origin.decode("latin-1"), host):
            raise Forbidden("origin_not_allowed", "Pages of this origin may not call.")

    def _caller(self, headers: Mapping[bytes, bytes], scope: Scope) -> Caller:
        if not self._keyed and _is_local(scope, headers):
            return Caller(Access.ADMIN)
        presented = _presented(headers)
        if presented is None:
            raise self._stranger()
        digest = digest_of(presented)
        kind = self._kind(digest)
        network = network_of(address_of(scope))
        if kind is not Access.PUBLIC:
            return _holder(kind, digest, network)
        if self._tokens is not None and presented.count(b".") == 2:
            identity = self._tokens.identity(presented.decode("latin-1"))
            return Caller(kind, identity.user_id, sender_by_token(network))
        raise Unauthorized("invalid_key", "The key is not known.")

    def _stranger(self) -> Unauthorized | Forbidden:
        if self._keyed:
            return Unauthorized("missing_key", "Send a key: Authorization: Bearer KEY.")
        return Forbidden(
            "loopback_only",
            "No keys are configured: only this machine's own clients may call, and through no proxy.",
        )

    def _kind(self, digest: bytes) -> Access:
        """Compares with every key, so that the time says nothing about which one was close."""
        found = Access.PUBLIC
        for known, kind in self._digests:
            if compare_digest(known, digest):
                found = max(found, kind)
        return found


def address_of(scope: Scope) -> str:
    """The client's address, "" where the server knows none.

    A proxy's word for it counts only where the server was told to trust it.
    """
    client = scope.get("client")
    return str(client[0]) if client else ""


@lru_cache(REMEMBERED)
def _holder(kind: Access, digest: bytes, network: str) -> Caller:
    """Whoever holds the key of that digest, which is one of ours; the same one calls again and again."""
    sender = sender_by_key(digest, network) if kind is Access.WRITE else None
    return Caller(kind, sender=sender, key_id=digest.hex())


def _presented(headers: Mapping[bytes, bytes]) -> bytes | None:
    scheme, _, key = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() == b"bearer" and key.strip():
        return key.strip()
    return headers.get(b"x-api-key")


def _is_local(scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
    """From this machine, under a name of this machine: a page elsewhere cannot rebind its name.

    And by no proxy's word: a proxy on this machine calls for everybody it serves.
    """
    if not is_loopback(address_of(scope)) or _is_proxied(headers):
        return False
    host = headers.get(b"host")
    return host is None or _names_this_machine(host)


@lru_cache(64)  # local programs call this machine by few names
def _names_this_machine(host: bytes) -> bool:
    parts = _parts("//" + host.decode("latin-1"))
    return parts is not None and parts.hostname in _LOOPBACK_NAMES


def _is_proxied(headers: Mapping[bytes, bytes]) -> bool:
    return not _PROXY_HEADERS.isdisjoint(headers) or any(
        name.startswith(b"x-forwarded-") for name in headers
    )


def _parts(url: str) -> SplitResult | None:
    """None for what cannot be read as an address, as `http://[`."""
    try:
        return urlsplit(url)
    except ValueError:
        return None
