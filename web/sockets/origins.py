"""Which pages may open a socket: browsers let every page of the web try."""

import logging

from starlette.types import Scope

from web.access import Guard

# Whoever sends made-up origins shall not fill the log.
NAMED_LIMIT = 100
NAMED_CHARACTERS = 200
log = logging.getLogger(__name__)


class Origins:
    """Asks the guard, and names each origin that it refuses once in the log. Lives as long as the server."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._named: set[str] = set()

    def allow(self, scope: Scope) -> bool:
        """Whether who connects is no page, or a page that may."""
        headers = dict(scope["headers"])
        if b"origin" not in headers:
            return True
        origin, host = (headers.get(name, b"").decode("latin-1") for name in (b"origin", b"host"))
        allowed = self._guard.allows_origin(origin, host)
        if not allowed:
            self._name(origin[:NAMED_CHARACTERS])
        return allowed

    def _name(self, origin: str) -> None:
        if origin in self._named or len(self._named) >= NAMED_LIMIT:
            return
        self._named.add(origin)
        log.warning(
            "a page of %a may not connect; to let it in, name its origin in TANDEM_ORIGINS", origin
        )
