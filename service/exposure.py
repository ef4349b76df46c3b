"""Who can reach the service and its Redis from elsewhere, and whether too much is open to them."""

from collections.abc import Iterator
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

from service.check import Check, unsafe
from service.settings import Settings

SECRET_BYTES = 32
_CLOSE_ADVICE = "Set TANDEM_WRITE_KEYS, TANDEM_SERVER_KEYS and TANDEM_ADMIN_KEYS"
_OPEN_ADVICE = f"{_CLOSE_ADVICE}, or TANDEM_DEMO_OPEN=1 for a demo without real data."


@lru_cache(maxsize=1_024)
def is_loopback(address: str) -> bool:
    """Whether the address is this machine's for itself: who listens there is reached by nobody else,
    and who calls from there is here. False for what is no IP address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return bool((mapped or parsed).is_loopback)


def is_here(host: str) -> bool:
    """Whether only this machine is behind that host name."""
    return host == "localhost" or is_loopback(host)


def check_callers(settings: Settings) -> Iterator[Check]:
    """Who may call, from where, and with what."""
    yield _keys(settings)
    yield from _origins(settings)
    for name, secret in (
        ("TANDEM_TOKEN_SECRET", settings.token_secret),
        ("TANDEM_TOKEN_SECRET_OLD", settings.token_secret_old),
    ):
        if secret and len(secret.encode()) < SECRET_BYTES:
            yield Check("fail", name, "too short", f"Use {SECRET_BYTES} random bytes or more.")


def leaves_machine(url: str) -> bool:
    """Whether that Redis is reached over a network."""
    parts = urlsplit(url)
    return parts.scheme != "unix" and not is_here(parts.hostname or "localhost")


def check_redis_reach(settings: Settings, url: str, *, takes_strangers: bool) -> Iterator[Check]:
    """Whether others on the way to a Redis elsewhere can read along, or get in."""
    parts = urlsplit(url)
    unchecked = parse_qs(parts.query).get("ssl_cert_reqs", ["required"])[0] != "required"
    if parts.scheme != "rediss":
        advice = "Use rediss:// (docs/security.md)."
        yield unsafe(settings, "Redis link", "not encrypted, and leaves this machine", advice)
    elif unchecked:
        advice = "Leave ssl_cert_reqs out; name the authority by ssl_ca_certs."
        yield unsafe(settings, "Redis link", "the certificate is not checked", advice)
    else:
        yield Check("ok", "Redis link", "TLS")
    if takes_strangers:
        advice = "Switch the default user off and give Tandem its own (deploy/tandem.acl)."
        yield unsafe(
            settings, "Redis login", "Redis takes whoever comes without a password", advice
        )
    else:
        yield Check("ok", "Redis login", "asked for")


def _keys(settings: Settings) -> Check:
    here = is_here(settings.host)
    if settings.demo_open:
        found, advice = (
            "everybody may do everything",
            "Unset TANDEM_DEMO_OPEN wherever real people are served.",
        )
        if settings.keyed and not here:
            return unsafe(settings, "TANDEM_DEMO_OPEN", f"{found}, keys or not", advice)
        return Check("warn", "TANDEM_DEMO_OPEN", found, advice)
    if settings.keyed:
        return Check("ok", "keys", "set")
    if here:
        advice = f"{_CLOSE_ADVICE} to open it."
        return Check("warn", "keys", "none: this machine's own clients only", advice)
    return Check("fail", "keys", f"none, but {settings.host} is open to others", _OPEN_ADVICE)


def _origins(settings: Settings) -> Iterator[Check]:
    if "*" in settings.origins:
        advice = "Name each shop's origin, e.g. https://shop.example."
        yield unsafe(settings, "TANDEM_ORIGINS", "* lets every page of the web call", advice)
    for origin in settings.origins:
        if origin != "*" and not _is_origin(origin):
            advice = "An origin is scheme and host, e.g. https://shop.example: no path, no slash."
            yield Check("warn", "TANDEM_ORIGINS", f"no page has the origin {origin}", advice)


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.netloc) and text == f"{parts.scheme}://{parts.netloc}"
